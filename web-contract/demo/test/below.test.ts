import { QueryClient } from "@tanstack/react-query";
import type { Bootstrap, Task } from "@tasklane/web-contract";
import { kinds, prefetchBootstrap, taskKeys } from "@tasklane/web-contract/react";
import { expect, test } from "vitest";
import { parentsFirst, withOpenBelow } from "../src/data/below";

const task = (id: string, parentId: string | null, fields: Partial<Task> = {}) =>
  ({ ...kinds.task.defaults, id, title: id, parentId, deletedAt: null, version: 1, ...fields }) as unknown as Task;
const names = (tasks: readonly Task[]) => tasks.map(({ id }) => id).join(" ");

/** A cache that has read tasks. */
async function cacheOf(tasks: Task[]): Promise<QueryClient> {
  const queryClient = new QueryClient();
  const first = { tasks, lists: [], nextCursor: null, changes: 1 } as unknown as Bootstrap;
  await prefetchBootstrap(queryClient, { getBootstrap: async () => first });
  return queryClient;
}

test("open sub-tasks are found on all levels, behind their tasks", async () => {
  const all = [task("a11", "a1"), task("a2", "a", { completed: true }), task("a1", "a"), task("a", null), task("b", null)];
  const queryClient = await cacheOf(all);
  expect(queryClient.getQueryData(taskKeys.list())).toBeDefined();
  expect(names(withOpenBelow(queryClient, [all[3]!]))).toBe("a a1 a11");
  expect(names(parentsFirst(all))).toBe("a b a2 a1 a11");
});
