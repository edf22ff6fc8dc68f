import { useInfiniteQuery } from "@tanstack/react-query";
import type { TaskFilters } from "@tasklane/web-contract/react";
import { useAllPages } from "../data/pages";
import { useWorkspace } from "../data/workspace";

/** Loads all tasks with these due dates. */
export function useDue(filters: TaskFilters) {
  const { queries } = useWorkspace();
  const query = useInfiniteQuery(queries.tasks(filters));
  return { ...query, tasks: useAllPages(query) };
}
