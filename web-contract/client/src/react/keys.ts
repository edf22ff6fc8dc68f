import type { AgendaOptions, StatsOptions } from "../index.js";
import type { KindName } from "./kind.js";
import type { ListFilters } from "./lists.js";
import type { TaskFilters } from "./tasks.js";

const root = ["tasklane"] as const;

/** The keys of a kind's lists and single resources. */
export function keysOf<Filters extends object>(kind: KindName) {
  return {
    lists: [...root, kind, "list"] as const,
    list: (filters: Filters = {} as Filters) => [...root, kind, "list", withoutUndefined(filters)] as const,
    item: (id: string) => [...root, kind, "item", id] as const,
  };
}

/**
 * The keys of all queries, from the general to the particular:
 * `queryClient.invalidateQueries({ queryKey: taskKeys.lists })` refetches every
 * list, `taskKeys.all` everything.
 */
export const taskKeys = {
  ...keysOf<TaskFilters>("task"),
  all: root,
  session: [...root, "session"] as const,
  settings: [...root, "settings"] as const,
  stats: (options: StatsOptions = {}) => [...root, "task", "stats", withoutUndefined(options)] as const,
  agenda: (options: AgendaOptions = {}) => [...root, "task", "agenda", withoutUndefined(options)] as const,
};

/** The keys of the queries over lists. */
export const listKeys = keysOf<ListFilters>("list");

/** Removes undefined values, which are not sent and do not change a key. */
export function withoutUndefined<Options extends object>(options: Options): Options {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Options;
}
