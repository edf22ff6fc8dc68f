import type { Task } from "@tasklane/web-contract";
import { localTimeOf, instantOf } from "@tasklane/web-contract/clock";
import { occurrences, parseRule } from "@tasklane/web-contract/recurrence";
import { calendar } from "./calendar";
import { dayOf, dueOn, type Due } from "./dates";

// The same computation as the server's, tested with the cases of the Go package.

type Recurring = Pick<Task, "dueAt" | "dueOn" | "recurrence" | "recurrenceFrom">;

const day = 86_400_000;
const minute = 60_000;
const midnightOf = (clock: number) => Math.floor(clock / day) * day;
const timeOfDay = (clock: number) => clock - midnightOf(clock);
const momentOf = (due: Due) => Date.parse(due.dueAt!);

/** Yields the due dates after a completion at a moment, and before the day `before`, if each later task is completed when it is due. */
function* dues({ recurrence, recurrenceFrom, ...due }: Recurring, completed: number, before?: string): Generator<Due> {
  if (!recurrence || !due.dueAt) return;
  const rule = parseRule(recurrence);
  const { timeZone } = calendar.get();
  const zone = due.dueOn ? "UTC" : timeZone;
  const isFromDue = recurrenceFrom === "due";
  let clock = due.dueOn ? Date.parse(due.dueOn) : localTimeOf(momentOf(due), zone);
  if (rule.timeOfDay !== undefined && !due.dueOn) {
    // If a clock change skips the time of the rule, the due date is later, perhaps on the next day. A due date at any other time was not made by this rule.
    const skipped = midnightOf(clock) + rule.timeOfDay * minute + (timeOfDay(clock) % minute);
    clock = [skipped, skipped - day].find((at) => instantOf(at, zone) === momentOf(due)) ?? clock;
  }
  const minuteOfDay = Math.floor(timeOfDay(clock) / minute);
  if (!isFromDue) clock = midnightOf(localTimeOf(completed, timeZone)) + timeOfDay(clock);
  const start = instantOf(midnightOf(clock) + (timeOfDay(clock) % minute), zone);
  let last = isFromDue ? Math.max(momentOf(due), completed) : due.dueOn ? momentOf(dueOn(new Date(start).toISOString().slice(0, 10))) : instantOf(clock, zone);
  // Days end up to a day later or earlier than in UTC.
  const after = new Date(Math.max(start, due.dueOn ? last - 3 * day : last));
  const end = before === undefined ? Infinity : Date.parse(before) + 2 * day;
  const until = end < (rule.until?.at ?? Infinity) ? { at: end, isInstant: false } : rule.until;
  // COUNT counts tasks, not dates.
  let remaining = rule.count - 1;
  for (const at of occurrences({ ...rule, count: 0, until, timeOfDay: due.dueOn ? 0 : minuteOfDay }, new Date(start), zone, after)) {
    if (remaining === 0 || at.getUTCFullYear() > (due.dueOn ? 9998 : 9999)) return;
    const moment = at.toISOString();
    const next = due.dueOn ? dueOn(moment.slice(0, 10)) : { dueAt: moment, dueOn: null };
    if (momentOf(next) <= last) continue; // too early, or a day that the zone skipped
    if (before !== undefined && dayOf(next) >= before) return;
    yield next;
    last = momentOf(next);
    remaining--;
  }
}

/** Returns the due date of the next task after a completion at a moment; undefined if there is no next task. */
export function nextDue(task: Recurring, completed: Date): Due | undefined {
  for (const next of dues(task, completed.getTime())) return next;
  return undefined;
}

/**
 * Returns at most `limit` due dates after that of a task, and before the day `before`, assuming that the task is completed
 * on its due date, or now if it is overdue, and each later one on its own due date.
 */
export function nextDues(task: Recurring, now: Date, { before, limit = Infinity }: { before?: string; limit?: number }): Due[] {
  const found: Due[] = [];
  for (const next of dues(task, Math.max(now.getTime(), Date.parse(task.dueAt ?? "1970")), before)) {
    if (found.length === limit) break;
    found.push(next);
  }
  return found;
}
