import { expect, test } from "vitest";
import { isOverdue } from "../src/index.js";

test.for([
  ["open and due before now", { completed: false, dueAt: "2026-11-23T08:59:59Z" }, true],
  ["due in another time zone", { completed: false, dueAt: "2026-11-23T10:00:01+01:00" }, false],
  ["due right now", { completed: false, dueAt: "2026-11-23T09:00:00Z" }, false],
  ["completed", { completed: true, dueAt: "2026-11-22T09:00:00Z" }, false],
  ["without a due date", { completed: false, dueAt: null }, false],
] as const)("a task that is %s", ([, task, overdue]) => {
  expect(isOverdue(task, new Date("2026-11-23T09:00:00Z"))).toBe(overdue);
});
