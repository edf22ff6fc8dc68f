import type { Task } from "@tasklane/web-contract";
import { taskKeys } from "@tasklane/web-contract/react";
import { expect, test } from "vitest";
import { parentsFirst, topmost, withOpenBelow } from "../src/data/below";
import { cacheOf, task } from "./tasks";

const names = (tasks: readonly Task[]) => tasks.map(({ id }) => id).join(" ");

test("open sub-tasks on all levels are found, after their tasks", async () => {
  const all = [task("a11", "a1"), task("a2", "a", { completed: true }), task("a1", "a"), task("a", null), task("b", null)];
  const queryClient = await cacheOf(all);
  expect(queryClient.getQueryData(taskKeys.list())).toBeDefined();
  expect(names(withOpenBelow(queryClient, [all[3]!]))).toBe("a a1 a11");
  expect(names(parentsFirst(all))).toBe("a b a2 a1 a11");
});

test("a sub-task is left out if a task on any level above it is included", async () => {
  const all = [task("a11", "a1"), task("a1", "a"), task("a", null), task("b1", "b"), task("c", null)];
  const queryClient = await cacheOf(all);
  expect(names(topmost(queryClient, all))).toBe("a b1 c");
  expect(names(topmost(queryClient, [all[0]!, all[2]!]))).toBe("a");
});
