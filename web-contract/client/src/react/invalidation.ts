import type { Query, QueryClient } from "@tanstack/react-query";
import { taskKeys } from "./keys.js";
import { kindNames } from "../generated/kinds.js";
import { rules } from "./kinds.js";

/** How many milliseconds changes are collected before queries are refetched. */
export const batchDelay = 300;

const timers = new WeakMap<QueryClient, ReturnType<typeof setTimeout>>();

/**
 * Reports whether a query must be refetched after a change: counts, agendas, and
 * lists whose content or order only the server can compute. Other lists and
 * single resources are updated without a request.
 */
export function goesStale({ queryKey }: Pick<Query, "queryKey">): boolean {
  const [root, kindName, name, filters] = queryKey;
  const kind = root === taskKeys.all[0] && kindNames.find((known) => known === kindName);
  if (!kind) return false;
  const { views, isServerSide } = rules[kind];
  return name === "list" ? isServerSide(filters as object) : Object.hasOwn(views, String(name));
}

/** Refetches the queries that a change has made stale, once for several changes. */
export function refreshSoon(queryClient: QueryClient): void {
  if (timers.has(queryClient)) return;
  const refresh = () => {
    timers.delete(queryClient);
    void queryClient.invalidateQueries({ predicate: goesStale });
  };
  timers.set(queryClient, setTimeout(refresh, batchDelay));
}
