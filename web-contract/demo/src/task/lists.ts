import type { InfiniteData } from "@tanstack/react-query";
import type { Task, TaskPage } from "@tasklane/web-contract";

/** The loaded tasks of a list. */
export function tasksOfList(list: InfiniteData<TaskPage> | undefined): Task[] {
  return list?.pages.flatMap(({ items }) => items) ?? [];
}
