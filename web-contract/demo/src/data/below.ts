import type { InfiniteData, QueryClient } from "@tanstack/react-query";
import type { Task, TaskPage } from "@tasklane/web-contract";
import { cachedItem, taskKeys } from "@tasklane/web-contract/react";
import { itemsOf } from "./pages";

/** Returns tasks, followed by their other open sub-tasks on all levels, as far as they are loaded. */
export function withOpenBelow(queryClient: QueryClient, tasks: readonly Task[]): Task[] {
  const known = queryClient.getQueriesData<InfiniteData<TaskPage>>({ queryKey: taskKeys.lists }).flatMap(([, data]) => itemsOf(data));
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

/** Returns tasks without those below another one of them, which the server moves or deletes with it. */
export function topmost(queryClient: QueryClient, tasks: readonly Task[]): readonly Task[] {
  const ids = new Set(tasks.map(({ id }) => id));
  const isBelow = ({ parentId }: Pick<Task, "parentId">): boolean =>
    parentId !== null && (ids.has(parentId) || isBelow(cachedItem(queryClient, { id: parentId, parentId: null } as Task)));
  return tasks.filter((task) => !isBelow(task));
}
