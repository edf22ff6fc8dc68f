import { QueryClient } from "@tanstack/react-query";
import type { Bootstrap, List, Task } from "@tasklane/web-contract";
import { kinds, prefetchBootstrap, taskKeys } from "@tasklane/web-contract/react";
import { expect, test } from "vitest";
import { parentsFirst, withOpenBelow, withoutFollowers } from "../src/data/below";

const at = (minute: number) => new Date(Date.UTC(2026, 10, 23, 9, minute)).toISOString();
const task = (id: string, parentId: string | null, fields: Partial<Task> = {}) =>
  ({ ...kinds.task.defaults, id, title: id, parentId, deletedAt: null, updatedAt: at(0), version: 1, ...fields }) as unknown as Task;
const names = (tasks: readonly Task[]) => tasks.map(({ id }) => id).join(" ");

/** A cache that has read tasks and a list. */
async function cacheOf(tasks: Task[], list: Partial<List> = {}): Promise<QueryClient> {
  const queryClient = new QueryClient();
  const lists = [{ ...kinds.list.defaults, id: "garden", deletedAt: null, updatedAt: at(0), version: 1, ...list }];
  const first = { tasks, lists, nextCursor: null, changes: 1 } as unknown as Bootstrap;
  await prefetchBootstrap(queryClient, { getBootstrap: async () => first });
  return queryClient;
}

test.for<[string, Partial<Task>, string]>([
  ["stay with an open task", {}, "a a1 a11 b"],
  ["follow one that was completed after them", { completed: true, updatedAt: at(1) }, "a b"],
  ["do not follow one that was completed before they were opened", { completed: true, updatedAt: at(-1) }, "a a1 a11 b"],
  ["follow one that was deleted", { deletedAt: at(1), updatedAt: at(1) }, "a b"],
  ["follow one that was moved to another list", { listId: "garden", updatedAt: at(1) }, "a b"],
])("sub-tasks %s", async ([, fields, shown]) => {
  const all = [task("a", null, fields), task("a1", "a"), task("a11", "a1"), task("b", "unknown")];
  expect(names(withoutFollowers(await cacheOf(all), all))).toBe(shown);
});

test("tasks follow a list that was deleted", async () => {
  const all = [task("a", null, { listId: "garden" }), task("b", null)];
  expect(names(withoutFollowers(await cacheOf(all), all))).toBe("a b");
  expect(names(withoutFollowers(await cacheOf(all, { deletedAt: at(1), updatedAt: at(1) }), all))).toBe("b");
});

test("open sub-tasks are found on all levels, behind their tasks", async () => {
  const all = [task("a11", "a1"), task("a2", "a", { completed: true }), task("a1", "a"), task("a", null), task("b", null)];
  const queryClient = await cacheOf(all);
  expect(queryClient.getQueryData(taskKeys.list())).toBeDefined();
  expect(names(withOpenBelow(queryClient, [all[3]!]))).toBe("a a1 a11");
  expect(names(parentsFirst(all))).toBe("a b a2 a1 a11");
});
