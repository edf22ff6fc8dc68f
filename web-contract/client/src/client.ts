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

/** The operations of a Tasklane bff. The functions do not use `this`, so they can be passed as callbacks. */
export interface Client {
  /** Returns the signed-in user. Rejects with `unauthenticated` or `session_expired` if there is none. */
  getSession: (call?: CallOptions) => Promise<api.Session>;

  /** Returns everything that a page needs at its start, in one response. */
  getBootstrap: (query?: api.StatsOptions, call?: CallOptions) => Promise<api.Bootstrap>;

  /** Returns the open tasks by the day they are due. */
  getAgenda: (query?: api.AgendaOptions, call?: CallOptions) => Promise<api.Agenda>;

  /** Returns one page of the user's tasks; pass `nextCursor` of a page as `cursor` to get the next one. */
  listTasks: (query?: api.ListTasksOptions, call?: CallOptions) => Promise<api.TaskPage>;

  /** Yields every task of a list; pages are fetched as they are reached. */
  tasks: (query?: api.ListTasksOptions, call?: CallOptions) => AsyncGenerator<api.Task, void, undefined>;

  /** Creates a task and returns it. */
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

  /** Permanently deletes the task, in or outside the trash, and returns its last state. */
  eraseTask: (id: string, call?: VersionedOptions) => Promise<api.Task>;

  /** Puts the task into another place of the manual order: `{ after: id }`, `{ before: id }`, or null for an end. */
  moveTask: (id: string, to: api.MoveTaskRequest, call?: VersionedOptions) => Promise<api.Task>;

  /** Returns one page of the user's lists, in their manual order. */
  listLists: (query?: api.ListListsOptions, call?: CallOptions) => Promise<api.ListPage>;

  /** Yields every list; pages are fetched as they are reached. */
  lists: (query?: api.ListListsOptions, call?: CallOptions) => AsyncGenerator<api.List, void, undefined>;

  /** Creates a list and returns it. Rejects with `too_many_lists` if the user has 500. */
  createList: (body: api.CreateListRequest, call?: WriteOptions) => Promise<api.List>;

  /** Returns a list, also one in the trash. */
  getList: (id: string, call?: CallOptions) => Promise<api.List>;

  /** Replaces the whole list: a field left out takes its default. */
  replaceList: (id: string, body: api.ReplaceListRequest, call?: VersionedOptions) => Promise<api.List>;

  /** Changes the fields that are given and keeps the others. */
  updateList: (id: string, body: api.UpdateListRequest, call?: VersionedOptions) => Promise<api.List>;

  /** Moves the list to the trash. */
  deleteList: (id: string, call?: VersionedOptions) => Promise<api.List>;

  /** Takes the list out of the trash. */
  restoreList: (id: string, call?: VersionedOptions) => Promise<api.List>;

  /** Permanently deletes the list, in or outside the trash, and returns its last state. */
  eraseList: (id: string, call?: VersionedOptions) => Promise<api.List>;

  /** Puts the list into another place of the manual order. */
  moveList: (id: string, to: api.MoveListRequest, call?: VersionedOptions) => Promise<api.List>;

  /** Returns the user's settings, which are the defaults in version 1 until they are changed. */
  getSettings: (call?: CallOptions) => Promise<api.Settings>;

  /** Changes the settings that are given and keeps the others. */
  updateSettings: (body: api.UpdateSettingsRequest, call?: VersionedOptions) => Promise<api.Settings>;

  /** Runs up to 100 operations in order, all or none, and returns the resource of each. */
  batch: (operations: api.BatchOperation[], call?: WriteOptions) => Promise<api.Resource[]>;

  /** Returns the due dates that follow that of a recurring task. */
  listTaskOccurrences: (id: string, query?: api.OccurrencesOptions, call?: CallOptions) => Promise<api.Occurrence[]>;

  /** Counts the tasks. */
  getTaskStats: (query?: api.StatsOptions, call?: CallOptions) => Promise<api.Stats>;

  /** Returns the resources that changed after a change number, each once, in its current state. Unknown kinds are left out. */
  listChanges: (query?: api.ListChangesOptions, call?: CallOptions) => Promise<api.ChangePage>;

  /**
   * Yields every change after a change number, such as `changes` of a list, as it
   * happens. Unknown kinds are left out. The loop does not end by itself: it
   * reconnects when the connection breaks, and continues after the last change.
   * It throws an error that a retry cannot fix: `session_expired` or another 401,
   * `cursor_expired` if it was away for too long (list again), or the signal's
   * reason.
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

  async function fetchData<Data>(request: ApiRequest): Promise<Data> {
    return (await send<{ data: Data }>(request)).data;
  }

  /** The calls that every kind of resource has, below a path. */
  function callsOf<Item, Options extends { cursor?: string | undefined } & object>(path: string) {
    const pathOf = (id: string) => `${path}/${encodeURIComponent(id)}`;
    const list = async (query = {} as Options, { signal }: CallOptions = {}): Promise<api.Page<Item>> => {
      type Envelope = { data: Item[]; meta: Omit<api.Page<Item>, "items"> };
      const { data, meta } = await send<Envelope>({ method: "GET", path, query, signal });
      return { items: data, ...meta };
    };
    return {
      list,
      async *all(query = {} as Options, call: CallOptions = {}) {
        let cursor = query.cursor;
        do {
          const page = await list({ ...query, cursor }, call);
          yield* page.items;
          cursor = page.nextCursor ?? undefined;
        } while (cursor);
      },
      create: (body: object, call: WriteOptions = {}) => fetchData<Item>({ ...call, method: "POST", path, body }),
      get: (id: string, { signal }: CallOptions = {}) => fetchData<Item>({ method: "GET", path: pathOf(id), signal }),
      replace: (id: string, body: object, call: VersionedOptions = {}) => fetchData<Item>({ ...call, method: "PUT", path: pathOf(id), body }),
      update: (id: string, body: object, call: VersionedOptions = {}) => fetchData<Item>({ ...call, method: "PATCH", path: pathOf(id), body }),
      delete: (id: string, call: VersionedOptions = {}) => fetchData<Item>({ ...call, method: "DELETE", path: pathOf(id) }),
      restore: (id: string, call: VersionedOptions = {}) => fetchData<Item>({ ...call, method: "POST", path: `${pathOf(id)}/restore` }),
      erase: (id: string, call: VersionedOptions = {}) =>
        fetchData<Item>({ ...call, method: "DELETE", path: pathOf(id), query: { permanent: true } }),
      move: (id: string, to: object, call: VersionedOptions = {}) =>
        fetchData<Item>({ ...call, method: "POST", path: `${pathOf(id)}/move`, body: to }),
    };
  }

  const tasks = callsOf<api.Task, api.ListTasksOptions>("/api/tasks");
  const lists = callsOf<api.List, api.ListListsOptions>("/api/lists");

  return {
    getSession: ({ signal } = {}) => fetchData({ method: "GET", path: "/api/session", signal }),
    getBootstrap: (query = {}, { signal } = {}) => fetchData({ method: "GET", path: "/api/bootstrap", query, signal }),
    getAgenda: (query = {}, { signal } = {}) => fetchData({ method: "GET", path: "/api/agenda", query, signal }),
    listTasks: tasks.list,
    tasks: tasks.all,
    createTask: tasks.create,
    getTask: tasks.get,
    replaceTask: tasks.replace,
    updateTask: tasks.update,
    deleteTask: tasks.delete,
    restoreTask: tasks.restore,
    eraseTask: tasks.erase,
    moveTask: tasks.move,
    listLists: lists.list,
    lists: lists.all,
    createList: lists.create,
    getList: lists.get,
    replaceList: lists.replace,
    updateList: lists.update,
    deleteList: lists.delete,
    restoreList: lists.restore,
    eraseList: lists.erase,
    moveList: lists.move,
    getSettings: ({ signal } = {}) => fetchData({ method: "GET", path: "/api/settings", signal }),
    updateSettings: (body, call = {}) => fetchData({ ...call, method: "PATCH", path: "/api/settings", body }),
    batch: (operations, call = {}) => fetchData({ ...call, method: "POST", path: "/api/batch", body: { operations } }),
    listTaskOccurrences: (id, query = {}, { signal } = {}) =>
      fetchData({ method: "GET", path: `/api/tasks/${encodeURIComponent(id)}/occurrences`, query, signal }),
    getTaskStats: (query = {}, { signal } = {}) => fetchData({ method: "GET", path: "/api/tasks/stats", query, signal }),
    async listChanges(query = {}, { signal } = {}) {
      type Envelope = { data: api.Change[]; meta: Omit<api.ChangePage, "changes"> };
      const { data, meta } = await send<Envelope>({ method: "GET", path: "/api/changes", query, signal });
      return { changes: data.filter(isKnown), ...meta };
    },
    watchChanges: (after, options = {}) => watchChanges(open, retry, after, options),
  };
}
