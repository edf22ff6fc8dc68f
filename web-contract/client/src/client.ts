import { createSend, type CallOptions, type ClientOptions } from "./request.js";
import type {
  Answer,
  CreateTaskRequest,
  ListTasksOptions,
  ReplaceTaskRequest,
  Session,
  Task,
  TaskPage,
  UpdateTaskRequest,
} from "./types.js";

export type Client = ReturnType<typeof createClient>;

/**
 * The operations of a Tasklane bff, called as the user whose session cookie
 * the browser holds. A call rejects with an {@link ApiError}, a
 * {@link ConnectionError}, or the reason of its own aborted signal.
 */
export function createClient(options: ClientOptions = {}) {
  const send = createSend(options);

  return {
    /** Who is signed in. Nobody: `unauthenticated` or `session_expired`. */
    async getSession({ signal }: CallOptions = {}): Promise<Session> {
      const { data } = await send<Answer<"getSession">>({ method: "GET", path: "/api/session", signal });
      return data;
    },

    /** One page of the user's tasks; `cursor` asks for the page after another. */
    async listTasks(query: ListTasksOptions = {}, { signal }: CallOptions = {}): Promise<TaskPage> {
      const { data, meta } = await send<Answer<"listTasks">>({ method: "GET", path: "/api/tasks", query, signal });
      return { tasks: data, ...meta };
    },

    async createTask(body: CreateTaskRequest, { signal }: CallOptions = {}): Promise<Task> {
      const { data } = await send<Answer<"createTask">>({ method: "POST", path: "/api/tasks", body, signal });
      return data;
    },

    async getTask(id: string, { signal }: CallOptions = {}): Promise<Task> {
      const { data } = await send<Answer<"getTask">>({ method: "GET", path: taskPath(id), signal });
      return data;
    },

    /** Replaces the whole task: a field left out takes its default. */
    async replaceTask(id: string, body: ReplaceTaskRequest, { signal }: CallOptions = {}): Promise<Task> {
      const { data } = await send<Answer<"replaceTask">>({ method: "PUT", path: taskPath(id), body, signal });
      return data;
    },

    /** Changes the fields that are given and keeps the others. */
    async updateTask(id: string, body: UpdateTaskRequest, { signal }: CallOptions = {}): Promise<Task> {
      const { data } = await send<Answer<"updateTask">>({ method: "PATCH", path: taskPath(id), body, signal });
      return data;
    },

    /** Moves the task to the trash and returns it as it lies there. */
    async deleteTask(id: string, { signal }: CallOptions = {}): Promise<Task> {
      const { data } = await send<Answer<"deleteTask">>({ method: "DELETE", path: taskPath(id), signal });
      return data;
    },
  };
}

function taskPath(id: string): string {
  return `/api/tasks/${encodeURIComponent(id)}`;
}
