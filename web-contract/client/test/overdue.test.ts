import { expect, test } from "vitest";
import { isOverdue } from "../src/index.js";

test.for([
  ["open and due before now", true, { completed: false, dueAt: "2026-11-23T08:59:59Z" }],
  ["due a second later in another time zone", false, { completed: false, dueAt: "2026-11-23T10:00:01+01:00" }],
  ["due right now", false, { completed: false, dueAt: "2026-11-23T09:00:00Z" }],
  ["completed", false, { completed: true, dueAt: "2026-11-22T09:00:00Z" }],
  ["without a due date", false, { completed: false, dueAt: null }],
] as const)("a task that is %s is overdue: %s", ([, overdue, task]) => {
  expect(isOverdue(task, new Date("2026-11-23T09:00:00Z"))).toBe(overdue);
});
