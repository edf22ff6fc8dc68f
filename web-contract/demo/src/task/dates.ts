import type { Task } from "@tasklane/web-contract";
import { instantOf, localTimeOf } from "@tasklane/web-contract/clock";
import { calendar } from "./calendar";

// A day is written 2026-11-30, a time of day 17:00, as date and time fields have them. Days begin and end in the time
// zone of the user's settings.

/** When a task is due: at dueAt, which is the last second of dueOn if that is set. */
export type Due = Pick<Task, "dueAt" | "dueOn">;

export const noDue: Due = { dueAt: null, dueOn: null };

const zone = () => calendar.get().timeZone;
const dayOfLocalTime = (local: number) => new Date(local).toISOString().slice(0, 10);
const localTime = (moment: string | Date) => localTimeOf(new Date(moment).getTime(), zone());

/** Returns the day at a moment. */
export const dayAt = (moment: string | Date): string => dayOfLocalTime(localTime(moment));

export const addDays = (day: string, days: number): string => dayOfLocalTime(Date.parse(day) + days * 86_400_000);

/** The same day of another month, or that month's last one. */
export function addMonths(day: string, months: number): string {
  const first = new Date(`${day.slice(0, 8)}01`);
  first.setUTCMonth(first.getUTCMonth() + months);
  const month = first.toISOString().slice(0, 8);
  const last = new Date(first.setUTCMonth(first.getUTCMonth() + 1, 0)).getUTCDate();
  return month + String(Math.min(Number(day.slice(8)), last)).padStart(2, "0");
}

/** The day on which the week of a day begins. */
export function startOfWeek(day: string): string {
  const first = { sunday: 0, monday: 1, saturday: 6 }[calendar.get().weekStart];
  return addDays(day, -((new Date(day).getUTCDay() - first + 7) % 7));
}

/** The moment at which a day begins. */
export const startOf = (day: string): Date => new Date(instantOf(Date.parse(day), zone()));

/** Returns the due date for a whole day, or for a time on that day. */
export function dueOn(day: string, time = ""): Due {
  if (time) return { dueAt: new Date(instantOf(Date.parse(`${day}T${time}Z`), zone())).toISOString(), dueOn: null };
  return { dueAt: new Date(startOf(addDays(day, 1)).getTime() - 1_000).toISOString(), dueOn: day };
}

/** The next moment at which clocks show this time: today, or tomorrow if that has passed. */
export function nextTime(time: string, now = new Date()): Due {
  const today = dueOn(dayAt(now), time);
  return Date.parse(today.dueAt!) > now.getTime() ? today : dueOn(addDays(dayAt(now), 1), time);
}

/** The day that something is due; empty without a due date. */
export const dayOf = ({ dueAt, dueOn }: Due): string => dueOn ?? (dueAt ? dayAt(dueAt) : "");

/** The time of day that something is due; empty for a whole day, and without a due date. */
export const timeOf = ({ dueAt, dueOn }: Due): string =>
  dueAt && dueOn === null ? new Date(localTime(dueAt)).toISOString().slice(11, 16) : "";

/** The last day that a task can be due. */
export const lastDay = "9998-12-31";

/** Returns the text of a date field if a task can be due on that day; undefined while the date is incomplete. */
export function readDate(text: string): string | undefined {
  return text.length === 10 && text >= "1900" && text <= lastDay ? text : undefined;
}

/**
 * Returns when the next of the tasks becomes overdue, or the day ends, in
 * milliseconds since 1970. The page must be rendered again then.
 */
export function nextChange(tasks: readonly Pick<Task, "completed" | "dueAt">[], now: Date): number {
  const dues = tasks.map(({ completed, dueAt }) => (completed || !dueAt ? NaN : Date.parse(dueAt) + 1));
  return Math.min(startOf(addDays(dayAt(now), 1)).getTime(), ...dues.filter((due) => due > now.getTime()));
}

/** How many days a day lies ahead of today; negative for the past. */
const daysAhead = (day: string, now: Date) => (Date.parse(day) - Date.parse(dayAt(now))) / 86_400_000;

// Dates and times of day are formatted for the browser's locale, unless another one is given.

/** The formats by locale and parts, because creating one is slow. */
const formats = new Map<string, Intl.DateTimeFormat>();

function formatMoment(moment: Date, locale: string | undefined, parts: Intl.DateTimeFormatOptions): string {
  const key = JSON.stringify([locale, parts]);
  const format = formats.get(key) ?? new Intl.DateTimeFormat(locale, parts);
  formats.set(key, format);
  return format.format(moment);
}

const formatDay = (day: string, locale: string | undefined, parts: Intl.DateTimeFormatOptions) => formatMoment(new Date(day), locale, { timeZone: "UTC", ...parts });

/** The name of a day: Today, Tomorrow, Friday, Nov 30. */
export function dayName(day: string, now = new Date(), locale?: string): string {
  const ahead = daysAhead(day, now);
  if (ahead === 0) return "Today";
  if (ahead === 1) return "Tomorrow";
  if (ahead === -1) return "Yesterday";
  if (ahead > 1 && ahead < 7) return formatDay(day, locale, { weekday: "long" });
  return dateName(day, now, locale);
}

/** Nov 30, or Nov 30, 2027 in another year. */
export function dateName(day: string, now = new Date(), locale?: string): string {
  const isThisYear = day.slice(0, 4) === dayAt(now).slice(0, 4);
  return formatDay(day, locale, { day: "numeric", month: "short", ...(!isThisYear && { year: "numeric" }) });
}

/** A day within a sentence: today, tomorrow, Friday, Nov 30. */
export function dayInSentence(day: string, now = new Date(), locale?: string): string {
  const name = dayName(day, now, locale);
  return Math.abs(daysAhead(day, now)) <= 1 ? name.toLowerCase() : name;
}

/** Nov 30, or Mon, Nov 30. */
export function shortDate(day: string, weekday = false, locale?: string): string {
  return formatDay(day, locale, { day: "numeric", month: "short", ...(weekday && { weekday: "short" }) });
}

/** Friday, or Fri. */
export const weekdayName = (day: string, weekday: "long" | "short" = "long"): string => formatDay(day, undefined, { weekday });

/** November 2026. */
export const monthName = (day: string): string => formatDay(day, undefined, { month: "long", year: "numeric" });

/** 5:00 PM or 17:00; empty without a time of day. */
export function timeName(due: Due, locale?: string): string {
  return timeOf(due) && formatMoment(new Date(due.dueAt!), locale, { timeStyle: "short", timeZone: zone() });
}

/** The name of a due date, such as Today, 5:00 PM; empty without a due date. */
export function dueName(due: Due, now = new Date(), locale?: string): string {
  const time = timeName(due, locale);
  return dayOf(due) && dayName(dayOf(due), now, locale) + (time && `, ${time}`);
}

/** How long ago a moment was: today, yesterday, 3 days ago. */
export function daysAgo(moment: string, now = new Date()): string {
  const days = -daysAhead(dayAt(moment), now);
  if (days <= 0) return "today";
  return days === 1 ? "yesterday" : `${days} days ago`;
}
