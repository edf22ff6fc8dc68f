import type { Task } from "@tasklane/web-contract";
import { kinds } from "@tasklane/web-contract/react";
import { describe, expect, test } from "vitest";
import { dayBeside, daysOf, onDay, onToday, splitToday } from "../src/days/sections";
import { calendar } from "../src/task/calendar";
import { dueOn, noDue, type Due } from "../src/task/dates";

calendar.set({ timeZone: "Asia/Tokyo", weekStart: "monday" });

const day = (date: number) => `2026-11-${date}`;
const at = (date: number, time: string) => new Date(`${day(date)}T${time}:00+09:00`);
const task = (title: string, due: Due) => ({ ...kinds.task.defaults, ...due, id: title, title }) as unknown as Task;
const titles = (tasks: readonly Task[]) => tasks.map(({ title }) => title);

const late = task("late", dueOn(day(22)));
const morning = task("morning", dueOn(day(23), "09:00"));
const evening = task("evening", dueOn(day(23), "18:00"));

describe("Today", () => {
  test("moves a task to the overdue ones when its time has passed", () => {
    const split = (now: Date) => {
      const { overdue, today } = splitToday([late, morning, evening], now);
      return [titles(overdue), titles(today)];
    };
    expect(split(at(23, "09:00"))).toEqual([["late"], ["morning", "evening"]]);
    expect(split(at(23, "09:01"))).toEqual([["late", "morning"], ["evening"]]);
  });

  test("reschedules overdue tasks to their time of day, if that is still ahead", () => {
    expect(onToday(dueOn(day(20), "18:00"), at(23, "09:00"))).toEqual(dueOn(day(23), "18:00"));
    expect(onToday(dueOn(day(20), "08:00"), at(23, "09:00"))).toEqual(dueOn(day(23)));
    expect(onToday(dueOn(day(20)), at(23, "09:00"))).toEqual(dueOn(day(23)));
  });
});

test("tasks are grouped by days from today on, including days without tasks", () => {
  const all = [morning, evening, task("next", dueOn(day(25))), task("beyond", dueOn(day(27))), task("never", noDue)];
  expect(daysOf(all, day(23), day(26)).map(({ day, tasks }) => [day, titles(tasks)])).toEqual([
    [day(23), ["morning", "evening"]],
    [day(24), []],
    [day(25), ["next"]],
  ]);
});

test("a task that moves to another day keeps its time", () => {
  expect(onDay(dueOn(day(23), "09:00"), day(25))).toEqual(dueOn(day(25), "09:00"));
  expect(onDay(dueOn(day(23)), day(25))).toEqual(dueOn(day(25)));
});

test("a due day stays that day in any time zone", () => {
  const allDay = task("all day", { dueAt: at(25, "04:00").toISOString(), dueOn: day(24) });
  expect(titles(daysOf([allDay], day(23), day(26))[1]!.tasks)).toEqual(["all day"]);
  expect(dayBeside(allDay, 1, at(23, "12:00"))).toBe(day(25));
});

test("a task moves by days, from the past to today and never into the past", () => {
  const beside = (of: Due, by: number) => dayBeside(of, by, at(23, "12:00"));
  expect([beside(evening, 1), beside(evening, -1)]).toEqual([day(24), undefined]);
  expect([beside(late, 1), beside(late, -1)]).toEqual([day(23), undefined]);
  expect(beside(dueOn(day(25)), -1)).toBe(day(24));
});
