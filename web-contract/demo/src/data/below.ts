import type { InfiniteData, QueryClient } from "@tanstack/react-query";
import type { Task, TaskPage } from "@tasklane/web-contract";
import { taskKeys } from "@tasklane/web-contract/react";
import { tasksOfList } from "../task/lists";

/** Returns the open sub-tasks of a task on all levels, as far as they are loaded. */
export function openBelow(queryClient: QueryClient, task: Task): Task[] {
  const known = queryClient.getQueriesData<InfiniteData<TaskPage>>({ queryKey: taskKeys.lists }).flatMap(([, data]) => tasksOfList(data));
  const open = new Map(known.filter(({ completed, deletedAt }) => !completed && deletedAt === null).map((task) => [task.id, task]));
  const below: Task[] = [];
  for (let parents = new Set([task.id]); parents.size > 0; ) {
    const children = [...open.values()].filter(({ parentId }) => parentId !== null && parents.has(parentId));
    below.push(...children);
    parents = new Set(children.map(({ id }) => id));
  }
  return below;
}
