import type { Task } from "@tasklane/web-contract";
import { kinds } from "@tasklane/web-contract/react";
import { describe, expect, test } from "vitest";
import { dayBeside, daysOf, onDay, onToday, splitToday } from "../src/days/sections";

const at = (day: number, hours = 23, minutes = 59) => new Date(2026, 10, day, hours, minutes);
const task = (title: string, due: Date | null) =>
  ({ ...kinds.task.defaults, id: title, title, dueAt: due && due.toISOString() }) as unknown as Task;
const titles = (tasks: readonly Task[]) => tasks.map(({ title }) => title);

const late = task("late", at(22));
const morning = task("morning", at(23, 9, 0));
const evening = task("evening", at(23, 18, 0));

describe("today", () => {
  test("moves a task to the overdue ones as its moment passes", () => {
    const split = (now: Date) => {
      const { overdue, today } = splitToday([late, morning, evening], now);
      return [titles(overdue), titles(today)];
    };
    expect(split(at(23, 9, 0))).toEqual([["late"], ["morning", "evening"]]);
    expect(split(at(23, 9, 1))).toEqual([["late", "morning"], ["evening"]]);
  });

  test("takes overdue tasks at their time of day, if that is still ahead", () => {
    expect(onToday(task("", at(20, 18, 0)), at(23, 9, 0))).toBe(at(23, 18, 0).toISOString());
    expect(onToday(task("", at(20, 8, 0)), at(23, 9, 0))).toBe(at(23).toISOString());
    expect(onToday(task("", at(20)), at(23, 9, 0))).toBe(at(23).toISOString());
  });
});

test("tasks are grouped by the days from today on, free days among them", () => {
  const days = daysOf([morning, evening, task("next", at(25)), task("beyond", at(27)), task("never", null)], at(23, 12), 3);
  expect(days.map(({ date, tasks }) => [date.getDate(), titles(tasks)])).toEqual([
    [23, ["morning", "evening"]],
    [24, []],
    [25, ["next"]],
  ]);
});

test("a task keeps its time of day on another day", () => {
  expect(onDay(task("", at(23, 9, 0)), at(25))).toBe(at(25, 9, 0).toISOString());
  expect(onDay(task("", at(23)), at(25))).toBe(at(25).toISOString());
});

test("a day without a time is that day, in whatever zone it ends", () => {
  const allDay = { ...task("all day", at(25, 4, 0)), dueOn: "2026-11-24" };
  expect(titles(daysOf([allDay], at(23, 12), 3)[1]!.tasks)).toEqual(["all day"]);
  expect(onDay(allDay, at(25))).toBe(at(25).toISOString());
  expect(dayBeside(allDay, 1, at(23, 12))?.getDate()).toBe(25);
});

test("a task moves by days, from the past to today, and not into the past", () => {
  const now = at(23, 12);
  const day = (of: Task, by: number) => dayBeside(of, by, now)?.getDate();
  expect([day(evening, 1), day(evening, -1)]).toEqual([24, undefined]);
  expect([day(late, 1), day(late, -1)]).toEqual([23, undefined]);
  expect(day(task("next", at(25)), -1)).toBe(24);
});
