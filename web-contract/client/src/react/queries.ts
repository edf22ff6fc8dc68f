import { infiniteQueryOptions, queryOptions, replaceEqualDeep, type QueryClient } from "@tanstack/react-query";
import type { Agenda, AgendaOptions, Bootstrap, Client, StatsOptions, Task, TaskPage } from "../index.js";
import { taskKeys, type TaskFilters } from "./keys.js";
import type { TaskPages } from "./lists.js";
import { storeOf, type TaskStore } from "./store.js";

export type Queries = ReturnType<typeof createQueries>;

/** What was read, until the cache takes it in: by whose store, and when the reading began. */
interface Reading {
  store: TaskStore;
  since: number;
}

const readings = new WeakMap<object, Reading>();

/**
 * The options of each query: `useQuery(queries.task(id))`,
 * `useInfiniteQuery(queries.tasks({ completed: false }))`. They repeat nothing
 * by themselves: the client does.
 */
export function createQueries(client: Client) {
  return {
    session: () =>
      queryOptions({
        queryKey: taskKeys.session,
        queryFn: ({ signal }) => client.getSession({ signal }),
        retry: false,
      }),

    /** A list, page by page. */
    tasks: (filters: TaskFilters = {}) =>
      infiniteQueryOptions({
        queryKey: taskKeys.list(filters),
        queryFn: ({ client: queryClient, pageParam, signal }) =>
          reading(
            queryClient,
            async (store) => {
              const read = () => client.listTasks({ ...filters, cursor: pageParam }, { signal });
              const page = await read();
              return page.changes < store.liveSince ? read() : page;
            },
            (page: TaskPage) => page.tasks,
          ),
        initialPageParam: undefined as string | undefined,
        getNextPageParam: (page) => page.nextCursor,
        structuralSharing: (before, read) => replaceEqualDeep(before, takeInPages(read, filters)),
        retry: false,
      }),

    task: (id: string) =>
      queryOptions({
        queryKey: taskKeys.task(id),
        queryFn: ({ client: queryClient, signal }) =>
          reading(
            queryClient,
            () => client.getTask(id, { signal }),
            (task: Task) => [task],
          ),
        structuralSharing: takeIn<Task>((store, task) => store.view(task.id) ?? task),
        retry: false,
      }),

    stats: (options: StatsOptions = {}) =>
      queryOptions({
        queryKey: taskKeys.stats(options),
        queryFn: ({ signal }) => client.taskStats(options, { signal }),
        retry: false,
      }),

    agenda: (options: AgendaOptions = {}) =>
      queryOptions({
        queryKey: taskKeys.agenda(options),
        queryFn: ({ client: queryClient, signal }) =>
          reading(
            queryClient,
            () => client.agenda(options, { signal }),
            (agenda: Agenda) => [...agenda.overdue, ...agenda.days.flatMap((day) => day.tasks)],
          ),
        structuralSharing: takeIn<Agenda>((store, agenda) => store.agenda(agenda)),
        retry: false,
      }),
  };
}

/**
 * Asks for all that a page needs at its start, once, and puts the parts where
 * the queries `stats`, `tasks()` and, of a server, `dehydrate` find them.
 */
export async function prefetchBootstrap(
  queryClient: QueryClient,
  client: Client,
  options: StatsOptions & { signal?: AbortSignal } = {},
): Promise<Bootstrap> {
  const { signal, ...query } = options;
  const store = storeOf(queryClient);
  const since = store.now();
  const answer = await client.bootstrap(query, { signal });
  if (answer.stats) queryClient.setQueryData(taskKeys.stats(query), answer.stats);
  if (answer.tasks && answer.changes !== null) {
    const { tasks, nextCursor, changes } = answer;
    store.read(tasks);
    const list: TaskPages = { pages: [{ tasks, nextCursor, changes }], pageParams: [undefined] };
    queryClient.setQueryData(taskKeys.list(), store.list(list, {}, since));
  }
  return answer;
}

async function reading<Data extends object>(
  queryClient: QueryClient,
  read: (store: TaskStore) => Promise<Data>,
  tasksOf: (data: Data) => readonly Task[],
): Promise<Data> {
  const store = storeOf(queryClient);
  const since = store.now();
  const data = await read(store);
  store.read(tasksOf(data));
  readings.set(data, { store, since });
  return data;
}

/** Lays what is known besides over what was read, at the moment when the cache takes it in. */
function takeIn<Data extends object>(show: (store: TaskStore, data: Data) => Data) {
  return (before: unknown, read: unknown): unknown => {
    const found = readings.get(read as Data);
    if (found) readings.delete(read as Data);
    return replaceEqualDeep(before, found ? show(found.store, read as Data) : read);
  };
}

function takeInPages(read: unknown, filters: TaskFilters): unknown {
  const pages = (read as Partial<TaskPages> | undefined)?.pages;
  if (!Array.isArray(pages)) return read;
  let oldest: Reading | undefined;
  for (const page of pages) {
    const found = readings.get(page);
    readings.delete(page);
    if (found && (!oldest || found.since < oldest.since)) oldest = found;
  }
  return oldest ? oldest.store.list(read as TaskPages, filters, oldest.since) : read;
}
