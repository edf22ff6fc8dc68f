import type { Query, QueryClient } from "@tanstack/react-query";
import { taskKeys, type TaskFilters } from "./keys.js";
import { isOnlyKnownToServer } from "./lists.js";

/** How many milliseconds changes are gathered before the server is asked what they add up to. */
const quiet = 300;

const timers = new WeakMap<QueryClient, ReturnType<typeof setTimeout>>();

/**
 * Whether a query has to be read again after a task has changed: the counts,
 * the agendas, and the lists of which only the server can tell what belongs to
 * them. All other lists and the single tasks are brought up to date as it is.
 */
export function goesStale({ queryKey }: Pick<Query, "queryKey">): boolean {
  const [root, kind, filters] = queryKey;
  if (root !== taskKeys.all[0]) return false;
  return kind === "stats" || kind === "agenda" || (kind === "list" && isOnlyKnownToServer(filters as TaskFilters));
}

/** Reads again what a change of tasks has made stale, once for all changes in short order. */
export function refreshSoon(queryClient: QueryClient): void {
  if (timers.has(queryClient)) return;
  const refresh = () => {
    timers.delete(queryClient);
    void queryClient.invalidateQueries({ predicate: goesStale });
  };
  timers.set(queryClient, setTimeout(refresh, quiet));
}
