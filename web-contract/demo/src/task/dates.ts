import type { Task } from "@tasklane/web-contract";

/** A due date without a time of day is due by the end of that day. */
const endOfDay = { hours: 23, minutes: 59 };

export function startOfDay(moment: Date): Date {
  return new Date(moment.getFullYear(), moment.getMonth(), moment.getDate());
}

/** Days of 24 hours are not what a calendar counts when the clocks change. */
export function addDays(day: Date, days: number): Date {
  return new Date(day.getFullYear(), day.getMonth(), day.getDate() + days);
}

/** The due moment of a day in local time, written for the server. */
export function dueOn(day: Date, time = ""): string {
  const [hours = endOfDay.hours, minutes = endOfDay.minutes] = time ? time.split(":").map(Number) : [];
  return new Date(day.getFullYear(), day.getMonth(), day.getDate(), hours, minutes).toISOString();
}

/** When a task is due as people are shown it: a day is that day, in whatever time zone it ends. */
export function shownDue({ dueAt, dueOn: date }: Pick<Task, "dueAt" | "dueOn">): string | null {
  const day = date === null ? undefined : readDate(date);
  return day ? dueOn(day) : dueAt;
}

/** The next moment at which clocks show this time: today, or tomorrow if that has passed. */
export function nextTime(time: string, now = new Date()): string {
  const today = dueOn(now, time);
  return Date.parse(today) > now.getTime() ? today : dueOn(addDays(now, 1), time);
}

/** 2026-11-30, as date fields have it; empty without a date. */
export function dateField(dueAt: string | null): string {
  if (!dueAt) return "";
  const due = new Date(dueAt);
  return [due.getFullYear(), due.getMonth() + 1, due.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
}

/** 17:00, as time fields have it; empty without a time of day. */
export function timeField(dueAt: string | null): string {
  if (!dueAt) return "";
  const due = new Date(dueAt);
  if (due.getHours() === endOfDay.hours && due.getMinutes() === endOfDay.minutes) return "";
  return [due.getHours(), due.getMinutes()].map((part) => String(part).padStart(2, "0")).join(":");
}

/** Reads what a date field holds; undefined while it holds no date. */
export function readDate(text: string): Date | undefined {
  const [year, month, day] = text.split("-").map(Number);
  if (!year || !month || !day || year < 1900) return undefined;
  return new Date(year, month - 1, day);
}

/**
 * When the next of the tasks becomes overdue, or the day ends: then the page has
 * other things to say of them. In milliseconds since 1970.
 */
export function nextChange(tasks: readonly Pick<Task, "completed" | "dueAt">[], now: Date): number {
  const dues = tasks.map(({ completed, dueAt }) => (completed || !dueAt ? NaN : Date.parse(dueAt) + 1));
  return Math.min(addDays(now, 1).getTime(), ...dues.filter((due) => due > now.getTime()));
}

/** How many days a moment lies ahead of today; negative for the past. */
function daysAhead(moment: Date, now: Date): number {
  return Math.round((startOfDay(moment).getTime() - startOfDay(now).getTime()) / 86_400_000);
}

// Dates and times of day are written as the browser's locale writes them, unless one is given.

/** A day as people say it: Today, Tomorrow, Friday, Nov 30. */
export function dayName(moment: Date, now = new Date(), locale?: string): string {
  const ahead = daysAhead(moment, now);
  if (ahead === 0) return "Today";
  if (ahead === 1) return "Tomorrow";
  if (ahead === -1) return "Yesterday";
  if (ahead > 1 && ahead < 7) return moment.toLocaleDateString(locale, { weekday: "long" });
  const year = moment.getFullYear() === now.getFullYear() ? {} : ({ year: "numeric" } as const);
  return moment.toLocaleDateString(locale, { day: "numeric", month: "short", ...year });
}

/** A day within a sentence: today, tomorrow, Friday, Nov 30. */
export function dayInSentence(moment: Date, now = new Date(), locale?: string): string {
  const name = dayName(moment, now, locale);
  return Math.abs(daysAhead(moment, now)) <= 1 ? name.toLowerCase() : name;
}

/** Nov 30, or Mon, Nov 30. */
export function shortDate(moment: Date, weekday = false, locale?: string): string {
  return moment.toLocaleDateString(locale, { day: "numeric", month: "short", ...(weekday && { weekday: "short" }) });
}

/** 5:00 PM or 17:00; empty without a time of day. */
export function timeName(dueAt: string, locale?: string): string {
  return timeField(dueAt) && new Date(dueAt).toLocaleTimeString(locale, { timeStyle: "short" });
}

/** A due moment as people say it, with the time of day if it has one. */
export function dueName(dueAt: string, now = new Date(), locale?: string): string {
  const time = timeName(dueAt, locale);
  return dayName(new Date(dueAt), now, locale) + (time && `, ${time}`);
}

/** How long ago, in days, as people say it. */
export function daysAgo(moment: string, now = new Date()): string {
  const days = -daysAhead(new Date(moment), now);
  if (days <= 0) return "today";
  return days === 1 ? "yesterday" : `${days} days ago`;
}
