import { useInfiniteQuery } from "@tanstack/react-query";
import type { TaskFilters } from "@tasklane/web-contract/react";
import { useEffect, useMemo } from "react";
import { useWorkspace } from "../data/workspace";
import { tasksOfList } from "../task/lists";

/** Loads all tasks with these due dates. */
export function useDue(filters: TaskFilters) {
  const { queries } = useWorkspace();
  const query = useInfiniteQuery(queries.tasks(filters));
  const { data, hasNextPage, isFetching, isError, fetchNextPage } = query;
  useEffect(() => {
    if (hasNextPage && !isFetching && !isError) void fetchNextPage();
  }, [hasNextPage, isFetching, isError, fetchNextPage]);
  const tasks = useMemo(() => tasksOfList(data), [data]);
  return { ...query, tasks };
}
