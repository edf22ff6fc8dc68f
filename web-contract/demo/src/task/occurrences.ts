import type { Task } from "@tasklane/web-contract";
import { occurrences, parseRule } from "@tasklane/web-contract/recurrence";
import { calendar } from "./calendar";
import { dayAt, dayOf, dueOn, timeOf, type Due } from "./dates";

// What the server will do when a task is completed.

type Recurring = Pick<Task, "dueAt" | "dueOn" | "recurrence" | "recurrenceFrom">;

/** The due dates that a rule has after one, however many the rule counts. */
function* after(due: Due, rule: string): Generator<Due> {
  const start = new Date(due.dueOn ?? due.dueAt!);
  const zone = due.dueOn ? "UTC" : calendar.get().timeZone;
  for (const at of occurrences({ ...parseRule(rule), count: 0 }, start, zone)) {
    const moment = at.toISOString();
    if (at > start) yield due.dueOn ? dueOn(moment.slice(0, 10)) : { dueAt: moment, dueOn: null };
  }
}

/** When the task is due that follows one completed at a moment; undefined if none does. */
export function nextDue({ recurrence, recurrenceFrom, ...due }: Recurring, completed: Date): Due | undefined {
  if (!recurrence || !due.dueAt || parseRule(recurrence).count === 1) return undefined;
  const isFromDue = recurrenceFrom === "due";
  const start = isFromDue ? due : dueOn(dayAt(completed), timeOf(due));
  for (const next of after(start, recurrence)) {
    if (!isFromDue || Date.parse(next.dueAt!) > completed.getTime()) return next;
  }
  return undefined;
}

/**
 * The due dates that follow that of a task, before a day, at most so many: of one
 * that is overdue as though it were completed now, of others on their due dates.
 */
export function nextDues(task: Recurring, now: Date, { before = "9999", most = Infinity }: { before?: string; most?: number }): Due[] {
  const due = new Date(task.dueAt ?? 0);
  const first = nextDue(task, due > now ? due : now);
  const dues: Due[] = [];
  if (!first) return dues;
  const { count } = parseRule(task.recurrence!);
  const last = Math.min(most, count > 0 ? count - 1 : Infinity);
  const isBefore = (due: Due) => dues.length < last && dayOf(due) < before;
  if (isBefore(first)) dues.push(first);
  for (const next of after(first, task.recurrence!)) {
    if (!isBefore(next)) return dues;
    dues.push(next);
  }
  return dues;
}
