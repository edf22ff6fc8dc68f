import {
  createOpen,
  createSend,
  type CallOptions,
  type ClientOptions,
  type VersionedOptions,
  type WriteOptions,
} from "./request.js";
import { defaultRetry } from "./retry.js";
import type {
  Agenda,
  AgendaOptions,
  Answer,
  BatchOperation,
  Bootstrap,
  Change,
  ChangePage,
  CreateTaskRequest,
  ListChangesOptions,
  ListTasksOptions,
  ReplaceTaskRequest,
  Session,
  Stats,
  StatsOptions,
  Task,
  TaskPage,
  UpdateTaskRequest,
} from "./types.js";
import { watchChanges, type WatchOptions } from "./watch.js";

export type Client = ReturnType<typeof createClient>;

/**
 * The operations of a Tasklane bff, called as the user whose session cookie
 * the browser holds. A call rejects with an {@link ApiError}, a
 * {@link ConnectionError}, or the reason of its own aborted signal. Failures
 * that pass by themselves are met with another attempt first.
 */
export function createClient(options: ClientOptions = {}) {
  const open = createOpen(options);
  const send = createSend(open, options.retry);
  const retry = { ...defaultRetry, ...options.retry };

  async function listTasks(query: ListTasksOptions = {}, { signal }: CallOptions = {}): Promise<TaskPage> {
    const { data, meta } = await send<Answer<"listTasks">>({ method: "GET", path: tasks, query, signal });
    return { tasks: data, ...meta };
  }

  return {
    /** Who is signed in. Nobody: `unauthenticated` or `session_expired`. */
    async getSession({ signal }: CallOptions = {}): Promise<Session> {
      return (await send<Answer<"getSession">>({ method: "GET", path: "/api/session", signal })).data;
    },

    /** All that a page needs at its start, in one answer. */
    async bootstrap(query: StatsOptions = {}, { signal }: CallOptions = {}): Promise<Bootstrap> {
      return (await send<Answer<"bootstrap">>({ method: "GET", path: "/api/bootstrap", query, signal })).data;
    },

    /** The open tasks by the day they are due. */
    async agenda(query: AgendaOptions = {}, { signal }: CallOptions = {}): Promise<Agenda> {
      return (await send<Answer<"agenda">>({ method: "GET", path: "/api/agenda", query, signal })).data;
    },

    /** One page of the user's tasks; `cursor` asks for the page after another. */
    listTasks,

    /** Every task of a list, one after the other; the pages are fetched as they are reached. */
    async *tasks(query: ListTasksOptions = {}, call: CallOptions = {}): AsyncGenerator<Task, void, undefined> {
      let cursor = query.cursor;
      do {
        const page = await listTasks({ ...query, cursor }, call);
        yield* page.tasks;
        cursor = page.nextCursor ?? undefined;
      } while (cursor);
    },

    async createTask(body: CreateTaskRequest, call: WriteOptions = {}): Promise<Task> {
      return (await send<Answer<"createTask">>({ ...call, method: "POST", path: tasks, body })).data;
    },

    /** A task, also one in the trash. */
    async getTask(id: string, { signal }: CallOptions = {}): Promise<Task> {
      return (await send<Answer<"getTask">>({ method: "GET", path: taskPath(id), signal })).data;
    },

    /** Replaces the whole task: a field left out takes its default. */
    async replaceTask(id: string, body: ReplaceTaskRequest, call: VersionedOptions = {}): Promise<Task> {
      return (await send<Answer<"replaceTask">>({ ...call, method: "PUT", path: taskPath(id), body })).data;
    },

    /** Changes the fields that are given and keeps the others. */
    async updateTask(id: string, body: UpdateTaskRequest, call: VersionedOptions = {}): Promise<Task> {
      return (await send<Answer<"updateTask">>({ ...call, method: "PATCH", path: taskPath(id), body })).data;
    },

    /** Moves the task to the trash and returns it as it lies there. */
    async deleteTask(id: string, call: VersionedOptions = {}): Promise<Task> {
      return (await send<Answer<"deleteTask">>({ ...call, method: "DELETE", path: taskPath(id) })).data;
    },

    /** Takes the task out of the trash. */
    async restoreTask(id: string, call: VersionedOptions = {}): Promise<Task> {
      const path = `${taskPath(id)}/restore`;
      return (await send<Answer<"restoreTask">>({ ...call, method: "POST", path })).data;
    },

    /** Erases the task for good, from the trash or outside it, and returns it as it was. */
    async eraseTask(id: string, call: VersionedOptions = {}): Promise<Task> {
      const query = { permanent: true };
      return (await send<Answer<"deleteTask">>({ ...call, method: "DELETE", path: taskPath(id), query })).data;
    },

    /** Carries out up to 100 operations in order, all or none, and returns the task of each. */
    async batchTasks(operations: BatchOperation[], call: WriteOptions = {}): Promise<Task[]> {
      const body = { operations };
      return (await send<Answer<"batchTasks">>({ ...call, method: "POST", path: `${tasks}/batch`, body })).data;
    },

    /** Counts the tasks. */
    async taskStats(query: StatsOptions = {}, { signal }: CallOptions = {}): Promise<Stats> {
      return (await send<Answer<"taskStats">>({ method: "GET", path: `${tasks}/stats`, query, signal })).data;
    },

    /** What changed after a number, each task once, as it is now. */
    async listChanges(query: ListChangesOptions = {}, { signal }: CallOptions = {}): Promise<ChangePage> {
      const path = `${tasks}/changes`;
      const { data, meta } = await send<Answer<"listChanges">>({ method: "GET", path, query, signal });
      return { changes: data, ...meta };
    },

    /**
     * What changes after a number, such as `changes` of a list, and from then
     * on, without end. It keeps a connection open, makes a new one when that
     * breaks, and goes on where it was. It throws when trying again makes no
     * sense: `session_expired` or another 401, `cursor_expired` if it was away
     * for too long (list again), or the signal's reason.
     */
    watch(after: number, options: WatchOptions = {}): AsyncGenerator<Change, void, undefined> {
      return watchChanges(open, retry, `${tasks}/events`, after, options);
    },
  };
}

const tasks = "/api/tasks";

function taskPath(id: string): string {
  return `${tasks}/${encodeURIComponent(id)}`;
}
