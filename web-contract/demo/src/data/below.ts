import type { InfiniteData, QueryClient } from "@tanstack/react-query";
import type { List, Task, TaskPage } from "@tasklane/web-contract";
import { latest, taskKeys } from "@tasklane/web-contract/react";
import { tasksOfList } from "../task/lists";

/** Returns tasks, and behind them their other open sub-tasks on all levels, as far as they are loaded. */
export function withOpenBelow(queryClient: QueryClient, tasks: readonly Task[]): Task[] {
  const known = queryClient.getQueriesData<InfiniteData<TaskPage>>({ queryKey: taskKeys.lists }).flatMap(([, data]) => tasksOfList(data));
  const open = new Map(known.filter(({ completed, deletedAt }) => !completed && deletedAt === null).map((task) => [task.id, task]));
  const all = new Map(tasks.map((task) => [task.id, task]));
  for (let parents = all; parents.size > 0; ) {
    const children = [...open.values()].filter(({ id, parentId }) => parentId !== null && parents.has(parentId) && !all.has(id));
    parents = new Map(children.map((task) => [task.id, task]));
    for (const child of children) all.set(child.id, child);
  }
  return [...all.values()];
}

/** Puts tasks before their sub-tasks. */
export function parentsFirst(tasks: readonly Task[]): readonly Task[] {
  const byId = new Map(tasks.map((task) => [task.id, task]));
  const depth = ({ parentId }: Task): number => {
    const parent = parentId === null ? undefined : byId.get(parentId);
    return parent ? 1 + depth(parent) : 0;
  };
  return tasks.toSorted((a, b) => depth(a) - depth(b));
}

/**
 * Leaves out the tasks that the server is about to complete, delete or move
 * with the task or the list that they are in.
 */
export function withoutFollowers(queryClient: QueryClient, tasks: readonly Task[]): readonly Task[] {
  const follows = (task: Task): boolean => {
    const isNewer = (other: Task | List) => Date.parse(other.updatedAt) > Date.parse(task.updatedAt);
    const list = task.listId === null ? undefined : known<List>(queryClient, task.listId);
    if (list && list.deletedAt !== null && task.deletedAt === null && isNewer(list)) return true;
    const parent = task.parentId === null ? undefined : known<Task>(queryClient, task.parentId);
    if (!parent) return false;
    const differs =
      (parent.completed && !task.completed) || (parent.deletedAt !== null && task.deletedAt === null) || parent.listId !== task.listId;
    return (differs && isNewer(parent)) || follows(parent);
  };
  return tasks.filter((task) => !follows(task));
}

/** A resource as the cache shows it, if it does. */
function known<Data extends Task | List>(queryClient: QueryClient, id: string): Data | undefined {
  const found = latest(queryClient, { id } as Data);
  return found.version === undefined ? undefined : found;
}
