import type { InfiniteData } from "@tanstack/react-query";
import type { Task, TaskPage } from "@tasklane/web-contract";

/** The tasks of a list, as far as it is loaded. */
export function tasksOfList(list: InfiniteData<TaskPage> | undefined): Task[] {
  return list?.pages.flatMap(({ items }) => items) ?? [];
}
