import { QueryClient } from "@tanstack/react-query";
import type { Bootstrap, Task } from "@tasklane/web-contract";
import { kinds, prefetchBootstrap } from "@tasklane/web-contract/react";

/** A task with only the fields that these tests read; it lacks createdAt and updatedAt. */
export const task = (id: string, parentId: string | null = null, fields: Partial<Task> = {}) =>
  ({ ...kinds.task.defaults, id, title: id, parentId, deletedAt: null, version: 1, ...fields }) as unknown as Task;

/** Returns a query cache with these tasks. */
export async function cacheOf(tasks: Task[]): Promise<QueryClient> {
  const queryClient = new QueryClient();
  const bootstrap = { tasks, lists: [], nextCursor: null, changes: 1 } as unknown as Bootstrap;
  await prefetchBootstrap(queryClient, { getBootstrap: async () => bootstrap });
  return queryClient;
}
