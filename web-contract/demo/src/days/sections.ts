import { isOverdue, type Task } from "@tasklane/web-contract";
import type { TaskFilters } from "@tasklane/web-contract/react";
import { addDays, dueOn, shownDue, startOfDay, timeField } from "../task/dates";

/** A day and the tasks that are due on it. */
export interface Day {
  date: Date;
  tasks: Task[];
}

type Due = Pick<Task, "dueAt" | "dueOn">;

/** The open tasks that are due before the end of today. */
export function todayFilters(now: Date): TaskFilters {
  return { completed: false, dueBefore: addDays(startOfDay(now), 1).toISOString(), sort: "dueAt" };
}

/** The open tasks that are due on the coming days, today among them. */
export function upcomingFilters(now: Date, days: number): TaskFilters {
  const today = startOfDay(now);
  const dueBefore = addDays(today, days).toISOString();
  return { completed: false, dueAfter: today.toISOString(), dueBefore, sort: "dueAt" };
}

/** Splits the tasks of today: those whose moment has passed come first. */
export function splitToday(tasks: readonly Task[], now: Date): { overdue: Task[]; today: Task[] } {
  return {
    overdue: tasks.filter((task) => isOverdue(task, now)),
    today: tasks.filter((task) => !isOverdue(task, now)),
  };
}

/** Groups tasks by the days from today on. A day without tasks is there too. */
export function daysOf(tasks: readonly Task[], now: Date, count: number): Day[] {
  const days = Array.from({ length: count }, (_, at): Day => ({ date: addDays(startOfDay(now), at), tasks: [] }));
  const byTime = new Map(days.map((day) => [day.date.getTime(), day]));
  for (const task of tasks) {
    const due = shownDue(task);
    if (due) byTime.get(startOfDay(new Date(due)).getTime())?.tasks.push(task);
  }
  return days;
}

/** The due moment on another day, at the same time of day. */
export function onDay(task: Due, day: Date): string {
  return dueOn(day, timeField(shownDue(task)));
}

/** The due moment today: at the same time of day if that is still ahead, otherwise by the end of the day. */
export function onToday(task: Due, now: Date): string {
  const same = onDay(task, now);
  return Date.parse(same) > now.getTime() ? same : dueOn(now);
}

/** The day that a task is moved to from its own, by a number of days; undefined if that would be in the past. */
export function dayBeside(task: Task, days: number, now: Date): Date | undefined {
  const today = startOfDay(now);
  const due = shownDue(task);
  const own = due ? startOfDay(new Date(due)) : today;
  const isLate = own < today;
  if (isLate) return days > 0 ? today : undefined;
  const wanted = addDays(own, days);
  return wanted < today ? undefined : wanted;
}
