import { keepPreviousData, useInfiniteQuery, useQueryClient, type InfiniteData } from "@tanstack/react-query";
import type { TaskPage } from "@tasklane/web-contract";
import { useMemo } from "react";
import { itemsOf } from "../data/pages";
import { useWorkspace } from "../data/workspace";
import { taskFilters, type Filters } from "../filters/filters";
import { nextChange } from "../task/dates";
import { useNow } from "../ui/clock";
import { createTaskOrder, type TaskOrder } from "./task-order";
import { treeOf, type Tree } from "./tree";

export type Tasks = ReturnType<typeof useTasks>;

/** Loads the open and the completed tasks of a list, or of all, as the filters say. */
export function useTasks(list: string | undefined, filters: Filters, started: boolean) {
  const { queries } = useWorkspace();
  const now = useNow((now) => nextChange([], now));
  const listFilters = useMemo(() => ({ ...taskFilters(filters, now), listId: list }), [filters, now, list]);
  const placeholderData = keepPreviousData;
  const openQuery = useMemo(() => queries.tasks({ ...listFilters, completed: false }), [queries, listFilters]);
  const open = useInfiniteQuery({ ...openQuery, placeholderData, enabled: started });
  const completed = useInfiniteQuery({
    ...queries.tasks({ ...listFilters, completed: true }),
    placeholderData,
    // Completed tasks are never overdue.
    enabled: started && filters.due !== "overdue",
  });
  const openTasks = useMemo(() => itemsOf(open.data), [open.data]);
  const completedTasks = useMemo(() => itemsOf(completed.data), [completed.data]);
  return { open, completed, openTasks, completedTasks, openKey: openQuery.queryKey };
}

/** The manual order of the open tasks; undefined if they have another one. */
export function useTaskOrder({ openTasks, openKey }: Tasks, byHand: boolean): { order: TaskOrder | undefined; tree: Tree | undefined } {
  const { writes, notices, drafts } = useWorkspace();
  const queryClient = useQueryClient();
  const tree = useMemo(() => (byHand ? treeOf(openTasks) : undefined), [byHand, openTasks]);
  const order = useMemo(() => {
    if (!byHand) return undefined;
    let cached: { data: InfiniteData<TaskPage> | undefined; tree: Tree } | undefined;
    const read = () => {
      const data = queryClient.getQueryData(openKey);
      if (!cached || cached.data !== data) cached = { data, tree: treeOf(itemsOf(data)) };
      return cached.tree;
    };
    return createTaskOrder(read, { writes, notices, drafts });
  }, [byHand, openKey, queryClient, writes, notices, drafts]);
  return { order, tree };
}
