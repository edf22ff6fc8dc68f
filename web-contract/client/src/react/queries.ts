import { infiniteQueryOptions, queryOptions, replaceEqualDeep, type QueryClient } from "@tanstack/react-query";
import type { Agenda, AgendaOptions, Bootstrap, CallOptions, Client, Page, StatsOptions } from "../index.js";
import { keysOf, taskKeys } from "./keys.js";
import type { DataOf, Item, KindName } from "./kind.js";
import type { ListFilters } from "./lists.js";
import type { Pages } from "./pages.js";
import { cacheSettings, settingsQuery } from "./settings.js";
import { storeOf, type Store } from "./store.js";
import { updateAgenda, type TaskFilters } from "./tasks.js";

export type Queries = ReturnType<typeof createQueries>;

/** The store for which data was read, and when the read started. It is kept until the cache has the data. */
interface Read {
  store: Store;
  since: number;
}

const reads = new WeakMap<object, Read>();

/**
 * Returns the options of each query: `useQuery(queries.task(id))`,
 * `useInfiniteQuery(queries.tasks({ completed: false }))`. They do not retry:
 * the client does.
 */
export function createQueries(client: Client) {
  return {
    /** The signed-in user. */
    session: () => plain(taskKeys.session, client.getSession),

    /** A list, page by page. */
    tasks: (filters: TaskFilters = {}) => listOf("task", filters, client.listTasks),

    /** One task, also one in the trash. */
    task: (id: string) => itemOf("task", id, client.getTask),

    /** The lists, page by page. */
    lists: (filters: ListFilters = {}) => listOf("list", filters, client.listLists),

    /** One list, also one in the trash. */
    list: (id: string) => itemOf("list", id, client.getList),

    /** The user's settings. */
    settings: () => settingsQuery(client),

    /** The counts of tasks. */
    stats: (options: StatsOptions = {}) => plain(taskKeys.stats(options), (call) => client.getTaskStats(options, call)),

    /** The open tasks by the day they are due. */
    agenda: (options: AgendaOptions = {}) =>
      queryOptions({
        queryKey: taskKeys.agenda(options),
        queryFn: ({ client: queryClient, signal }) =>
          recordRead(
            queryClient,
            "task",
            () => client.getAgenda(options, { signal }),
            (agenda: Agenda) => [...agenda.overdue, ...agenda.days.flatMap((day) => day.tasks)],
          ),
        structuralSharing: applyPending<Agenda>((store, agenda) => updateAgenda(agenda, store.view)),
        retry: false,
      }),
  };
}

/** The query for data that the store does not keep. */
function plain<Key extends readonly unknown[], Data>(queryKey: Key, read: (call: CallOptions) => Promise<Data>) {
  return queryOptions({ queryKey, queryFn: ({ signal }) => read({ signal }), retry: false });
}

/** The query for a list of a kind. */
function listOf<Name extends KindName, Filters extends object>(
  kind: Name,
  filters: Filters,
  list: (query: Filters & { cursor?: string | undefined }, call: CallOptions) => Promise<Page<DataOf<Name>>>,
) {
  return infiniteQueryOptions({
    queryKey: keysOf<Filters>(kind).list(filters),
    queryFn: ({ client: queryClient, pageParam, signal }) =>
      recordRead(
        queryClient,
        kind,
        async (store) => {
          const read = () => list({ ...filters, cursor: pageParam }, { signal });
          const page = await read();
          return page.changes < store.liveSince ? read() : page;
        },
        (page) => page.items,
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor,
    structuralSharing: applyPending<Pages>(
      (store, list, since) => store.list(kind, list, filters, since),
      ({ pages }) => pages,
    ),
    retry: false,
  });
}

/** The query for one resource of a kind. */
function itemOf<Name extends KindName>(
  kind: Name,
  id: string,
  get: (id: string, call: CallOptions) => Promise<DataOf<Name>>,
) {
  return queryOptions({
    queryKey: keysOf(kind).item(id),
    queryFn: ({ client: queryClient, signal }) =>
      recordRead(
        queryClient,
        kind,
        () => get(id, { signal }),
        (item) => [item],
      ),
    structuralSharing: applyPending<DataOf<Name>>((store, item) => store.view(item.id) ?? item),
    retry: false,
  });
}

/** Reads everything that a page needs at its start in one request, and fills the queries `stats`, `tasks()`, `lists()` and `settings()`. */
export async function prefetchBootstrap(
  queryClient: QueryClient,
  client: Pick<Client, "getBootstrap">,
  options: StatsOptions & CallOptions = {},
): Promise<Bootstrap> {
  const { signal, ...query } = options;
  const store = storeOf(queryClient);
  const since = store.now();
  const bootstrap = await client.getBootstrap(query, { signal });
  if (bootstrap.settings) cacheSettings(queryClient, bootstrap.settings);
  if (bootstrap.stats) queryClient.setQueryData(taskKeys.stats(query), bootstrap.stats);
  const { changes } = bootstrap;
  const fill = (kind: KindName, items: Item[] | null, nextCursor: string | null) => {
    // An older list lacks changes that will not arrive live any more, so its own query must read it.
    if (!items || changes === null || changes < store.liveSince) return;
    store.read(kind, items, since);
    const list: Pages = { pages: [{ items, nextCursor, changes }], pageParams: [undefined] };
    queryClient.setQueryData(keysOf(kind).list(), store.list(kind, list, {}, since));
  };
  fill("task", bootstrap.tasks, bootstrap.nextCursor);
  fill("list", bootstrap.lists, null);
  return bootstrap;
}

async function recordRead<Name extends KindName, Data extends object>(
  queryClient: QueryClient,
  kind: Name,
  read: (store: Store) => Promise<Data>,
  itemsIn: (data: Data) => readonly DataOf<Name>[],
): Promise<Data> {
  const store = storeOf(queryClient);
  const since = store.now();
  const data = await read(store);
  store.read(kind, itemsIn(data), since);
  reads.set(data, { store, since });
  return data;
}

/** Applies pending writes to data when it enters the cache. `partsOf` returns the parts that were read in one request each. */
function applyPending<Data extends object>(
  show: (store: Store, data: Data, since: number) => unknown,
  partsOf: (data: Data) => readonly object[] = (data) => [data],
) {
  return (before: unknown, data: unknown): unknown => {
    let oldest: Read | undefined;
    for (const part of partsOf(data as Data)) {
      const found = reads.get(part);
      reads.delete(part);
      if (found && (!oldest || found.since < oldest.since)) oldest = found;
    }
    return replaceEqualDeep(before, oldest ? show(oldest.store, data as Data, oldest.since) : data);
  };
}
