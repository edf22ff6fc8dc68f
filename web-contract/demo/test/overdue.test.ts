import type { Stats, Task } from "@tasklane/web-contract";
import { kinds } from "@tasklane/web-contract/react";
import { describe, expect, test } from "vitest";
import { summary } from "../src/list/summary";
import { calendar } from "../src/task/calendar";
import { nextChange } from "../src/task/dates";

calendar.set({ timeZone: "UTC", weekStart: "monday" });

const at = (hours: number, minutes = 0) => new Date(Date.UTC(2026, 10, 23, hours, minutes));
const task = (title: string, due: Date | null, completed = false) =>
  ({ ...kinds.task.defaults, id: title, title, completed, dueAt: due && due.toISOString() }) as unknown as Task;

const late = task("late", at(9));
const soon = task("soon", at(15, 30));
const evening = task("evening", at(18));

describe("the summary of the list", () => {
  const stats = { open: 4, completed: 1, dueToday: 2, overdue: 7 } as Stats;

  test("counts overdue tasks by the device's clock", () => {
    const all = [late, soon, evening, task("never", null)];
    expect(summary(stats, all, at(15))).toEqual(["4 open", "2 due today", "1 overdue"]);
    expect(summary(stats, all, at(16))).toEqual(["4 open", "2 due today", "2 overdue"]);
  });

  test("uses the server's count if the list is not fully loaded", () => {
    expect(summary(stats, undefined, at(15))).toEqual(["4 open", "2 due today", "7 overdue"]);
    expect(summary({ ...stats, dueToday: 0, overdue: 0 }, undefined, at(15))).toEqual(["4 open"]);
  });
});

test("tasks render again when the next one becomes overdue or the day ends", () => {
  const tasks = [late, evening, soon, task("done", at(15, 10), true), task("never", null)];
  expect(nextChange(tasks, at(15))).toBe(at(15, 30).getTime() + 1);
  expect(nextChange(tasks, new Date(at(15, 30).getTime() + 1))).toBe(at(18).getTime() + 1);
  expect(nextChange(tasks, at(19))).toBe(at(24).getTime());
});
