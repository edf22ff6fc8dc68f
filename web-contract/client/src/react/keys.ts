import type { AgendaOptions, ListTasksOptions, StatsOptions } from "../index.js";

/** The filters and the order of a list; its pages come by themselves. */
export type TaskFilters = Omit<ListTasksOptions, "cursor">;

/**
 * The keys of all queries, from the general to the particular:
 * `queryClient.invalidateQueries({ queryKey: taskKeys.lists })` reads every
 * list again, `taskKeys.all` everything.
 */
export const taskKeys = {
  all: ["tasklane"] as const,
  session: ["tasklane", "session"] as const,
  lists: ["tasklane", "list"] as const,
  list: (filters: TaskFilters = {}) => ["tasklane", "list", present(filters)] as const,
  tasks: ["tasklane", "task"] as const,
  task: (id: string) => ["tasklane", "task", id] as const,
  allStats: ["tasklane", "stats"] as const,
  stats: (options: StatsOptions = {}) => ["tasklane", "stats", present(options)] as const,
  agendas: ["tasklane", "agenda"] as const,
  agenda: (options: AgendaOptions = {}) => ["tasklane", "agenda", present(options)] as const,
};

/** The options that are there: one that is undefined is the same as none. */
function present<Options extends object>(options: Options): Options {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Options;
}
