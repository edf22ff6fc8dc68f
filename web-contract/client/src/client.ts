import {
  createOpen,
  createSend,
  type ApiRequest,
  type CallOptions,
  type ClientOptions,
  type VersionedOptions,
  type WriteOptions,
} from "./request.js";
import { defaultRetry } from "./retry.js";
import type * as api from "./types.js";
import { isKnown, watchChanges, type WatchOptions } from "./watch.js";

/** The operations of a Tasklane bff. The functions need no `this`: they can be passed on alone. */
export interface Client {
  /** Returns who is signed in. Rejects with `unauthenticated` or `session_expired` if nobody is. */
  getSession: (call?: CallOptions) => Promise<api.Session>;

  /** Returns everything that a page needs at its start, in one answer. */
  getBootstrap: (query?: api.StatsOptions, call?: CallOptions) => Promise<api.Bootstrap>;

  /** Returns the open tasks by the day they are due. */
  getAgenda: (query?: api.AgendaOptions, call?: CallOptions) => Promise<api.Agenda>;

  /** Returns one page of the user's tasks; pass `nextCursor` of a page as `cursor` to get the next one. */
  listTasks: (query?: api.ListTasksOptions, call?: CallOptions) => Promise<api.TaskPage>;

  /** Yields every task of a list; pages are fetched as they are reached. */
  tasks: (query?: api.ListTasksOptions, call?: CallOptions) => AsyncGenerator<api.Task, void, undefined>;

  /** Adds a task to the list and returns it. */
  createTask: (body: api.CreateTaskRequest, call?: WriteOptions) => Promise<api.Task>;

  /** Returns a task, also one in the trash. */
  getTask: (id: string, call?: CallOptions) => Promise<api.Task>;

  /** Replaces the whole task: a field left out takes its default. */
  replaceTask: (id: string, body: api.ReplaceTaskRequest, call?: VersionedOptions) => Promise<api.Task>;

  /** Changes the fields that are given and keeps the others. */
  updateTask: (id: string, body: api.UpdateTaskRequest, call?: VersionedOptions) => Promise<api.Task>;

  /** Moves the task to the trash. */
  deleteTask: (id: string, call?: VersionedOptions) => Promise<api.Task>;

  /** Takes the task out of the trash. */
  restoreTask: (id: string, call?: VersionedOptions) => Promise<api.Task>;

  /** Erases the task for good, from the trash or outside it, and returns it as it was. */
  eraseTask: (id: string, call?: VersionedOptions) => Promise<api.Task>;

  /** Puts the task into another place of the manual order: `{ after: id }`, `{ before: id }`, or null for an end. */
  moveTask: (id: string, to: api.MoveTaskRequest, call?: VersionedOptions) => Promise<api.Task>;

  /** Carries out up to 100 operations in order, all or none, and returns the resource of each. */
  batch: (operations: api.BatchOperation[], call?: WriteOptions) => Promise<api.Resource[]>;

  /** Counts the tasks. */
  getTaskStats: (query?: api.StatsOptions, call?: CallOptions) => Promise<api.Stats>;

  /** Returns the resources that changed after a number, each once, as it is now. Unknown kinds are left out. */
  listChanges: (query?: api.ListChangesOptions, call?: CallOptions) => Promise<api.ChangePage>;

  /**
   * Yields every change after a number, such as `changes` of a list, as it
   * happens, without end. It reconnects when the connection breaks and
   * continues after the last change. It throws an error that a retry cannot
   * fix: `session_expired` or another 401, `cursor_expired` if it was away
   * for too long (list again), or the signal's reason. Unknown
   * kinds are left out.
   */
  watchChanges: (after: number, options?: WatchOptions) => AsyncGenerator<api.Change, void, undefined>;
}

/**
 * Returns the operations of a Tasklane bff, called as the user whose session
 * cookie the browser holds. A call rejects with an {@link ApiError}, a
 * {@link ConnectionError}, or the reason of its own aborted signal. Transient
 * failures are retried first.
 */
export function createClient(options: ClientOptions = {}): Client {
  const open = createOpen(options);
  const retry = { ...defaultRetry, ...(options.retry === false ? { attempts: 1 } : options.retry) };
  const send = createSend(open, retry);

  async function ask<Data>(request: ApiRequest): Promise<Data> {
    return (await send<{ data: Data }>(request)).data;
  }

  async function listTasks(query: api.ListTasksOptions = {}, { signal }: CallOptions = {}): Promise<api.TaskPage> {
    type List = { data: api.Task[]; meta: Omit<api.TaskPage, "items"> };
    const { data, meta } = await send<List>({ method: "GET", path: tasks, query, signal });
    return { items: data, ...meta };
  }

  return {
    getSession: ({ signal } = {}) => ask({ method: "GET", path: "/api/session", signal }),
    getBootstrap: (query = {}, { signal } = {}) => ask({ method: "GET", path: "/api/bootstrap", query, signal }),
    getAgenda: (query = {}, { signal } = {}) => ask({ method: "GET", path: "/api/agenda", query, signal }),
    listTasks,
    async *tasks(query = {}, call = {}) {
      let cursor = query.cursor;
      do {
        const page = await listTasks({ ...query, cursor }, call);
        yield* page.items;
        cursor = page.nextCursor ?? undefined;
      } while (cursor);
    },
    createTask: (body, call = {}) => ask({ ...call, method: "POST", path: tasks, body }),
    getTask: (id, { signal } = {}) => ask({ method: "GET", path: taskPath(id), signal }),
    replaceTask: (id, body, call = {}) => ask({ ...call, method: "PUT", path: taskPath(id), body }),
    updateTask: (id, body, call = {}) => ask({ ...call, method: "PATCH", path: taskPath(id), body }),
    deleteTask: (id, call = {}) => ask({ ...call, method: "DELETE", path: taskPath(id) }),
    restoreTask: (id, call = {}) => ask({ ...call, method: "POST", path: `${taskPath(id)}/restore` }),
    eraseTask: (id, call = {}) => ask({ ...call, method: "DELETE", path: taskPath(id), query: { permanent: true } }),
    moveTask: (id, to, call = {}) => ask({ ...call, method: "POST", path: `${taskPath(id)}/move`, body: to }),
    batch: (operations, call = {}) => ask({ ...call, method: "POST", path: "/api/batch", body: { operations } }),
    getTaskStats: (query = {}, { signal } = {}) => ask({ method: "GET", path: `${tasks}/stats`, query, signal }),
    async listChanges(query = {}, { signal } = {}) {
      type List = { data: api.Change[]; meta: Omit<api.ChangePage, "changes"> };
      const { data, meta } = await send<List>({ method: "GET", path: "/api/changes", query, signal });
      return { changes: data.filter(isKnown), ...meta };
    },
    watchChanges: (after, options = {}) => watchChanges(open, retry, after, options),
  };
}

const tasks = "/api/tasks";

function taskPath(id: string): string {
  return `${tasks}/${encodeURIComponent(id)}`;
}
