import { isOverdue, type Task } from "@tasklane/web-contract";
import type { TaskFilters } from "@tasklane/web-contract/react";
import { addDays, dayAt, dayOf, dueOn, startOf, timeOf, type Due } from "../task/dates";

/** A day and the tasks that are due on it. */
interface Day {
  day: string;
  tasks: Task[];
}

/** The open tasks that are due before the end of today. */
export function todayFilters(today: string): TaskFilters {
  return { completed: false, dueBefore: startOf(addDays(today, 1)).toISOString(), sort: "dueAt" };
}

/** The open tasks that are due from today on, before another day. */
export function upcomingFilters(today: string, end: string): TaskFilters {
  const dueBefore = startOf(end).toISOString();
  return { completed: false, dueAfter: startOf(today).toISOString(), dueBefore, sort: "dueAt" };
}

/** Splits the tasks that are due until today into overdue ones and the others. */
export function splitToday(tasks: readonly Task[], now: Date): { overdue: Task[]; today: Task[] } {
  return {
    overdue: tasks.filter((task) => isOverdue(task, now)),
    today: tasks.filter((task) => !isOverdue(task, now)),
  };
}

/** Groups tasks by the days from today on, before another day. Days without tasks are included. */
export function daysOf(tasks: readonly Task[], today: string, end: string): Day[] {
  const days: Day[] = [];
  for (let day = today; day < end; day = addDays(day, 1)) days.push({ day, tasks: [] });
  const byDay = new Map(days.map(({ day, tasks }) => [day, tasks]));
  for (const task of tasks) byDay.get(dayOf(task))?.push(task);
  return days;
}

/** Returns the due date on another day, at the same time of day. */
export const onDay = (task: Due, day: string): Due => dueOn(day, timeOf(task));

/** Returns the due date today: at the same time of day if that is in the future, else the end of the day. */
export function onToday(task: Due, now: Date): Due {
  const same = onDay(task, dayAt(now));
  return Date.parse(same.dueAt!) > now.getTime() ? same : dueOn(dayAt(now));
}

/** The day that a task is moved to from its own, by a number of days; undefined if that would be in the past. */
export function dayBeside(task: Due, days: number, now: Date): string | undefined {
  const today = dayAt(now);
  const own = dayOf(task) || today;
  if (own < today) return days > 0 ? today : undefined;
  const wanted = addDays(own, days);
  return wanted < today ? undefined : wanted;
}
