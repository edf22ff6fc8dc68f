import type { Task } from "@tasklane/web-contract";
import { addDays, dateName, shortDate, weekdayName } from "./dates";

export type Unit = "DAILY" | "WEEKLY" | "MONTHLY" | "YEARLY";

/** A recurrence rule that the page can show and change; other rules stay as they are. */
export interface Repeat {
  unit: Unit;
  every: number;
  /** The weekdays of a weekly rule: MO, TU. */
  weekdays: string[];
  /** The day of the month, counted from its end if negative; undefined for that of the due date. */
  monthDay?: number | undefined;
  /** The nth weekday of the month: 1MO, -1FR. */
  nth?: string | undefined;
  /** The month of a yearly rule. */
  month?: number | undefined;
  /** The number of remaining tasks, including this one. */
  count?: number | undefined;
  /** The last day. */
  until?: string | undefined;
}

const weekdayCodes = ["SU", "MO", "TU", "WE", "TH", "FR", "SA"];
const workdays = ["MO", "TU", "WE", "TH", "FR"];

/** The code of the weekday of a day. */
export const codeOf = (day: string): string => weekdayCodes[new Date(day).getUTCDay()]!;

// 7 January 2024 was a Sunday.
export const nameOfCode = (code: string, length: "long" | "short" = "long"): string =>
  weekdayName(addDays("2024-01-07", weekdayCodes.indexOf(code)), length);

/** The default rule of a unit for a task that is due on a day. */
export function defaultRepeat(unit: Unit, day: string): Repeat {
  const [month, date] = [Number(day.slice(5, 7)), Number(day.slice(8))];
  return {
    unit,
    every: 1,
    weekdays: unit === "WEEKLY" ? [codeOf(day)] : [],
    monthDay: unit === "MONTHLY" || unit === "YEARLY" ? date : undefined,
    month: unit === "YEARLY" ? month : undefined,
  };
}

const isLastOfMonth = (day: string) => addDays(day, 1).endsWith("-01");

/** The common rules for a task that is due on a day. */
export function commonRepeats(day: string): Repeat[] {
  const monthly = defaultRepeat("MONTHLY", day);
  return [
    defaultRepeat("DAILY", day),
    { ...defaultRepeat("WEEKLY", day), weekdays: workdays },
    defaultRepeat("WEEKLY", day),
    monthly,
    ...(isLastOfMonth(day) ? [{ ...monthly, monthDay: -1 }] : []),
    defaultRepeat("YEARLY", day),
  ];
}

/** The ways to name a day within its month: the 24th, the last day, the fourth Tuesday. */
export function monthDaysOf(day: string): Pick<Repeat, "monthDay" | "nth">[] {
  const date = Number(day.slice(8));
  const isInLastWeek = addDays(day, 7).slice(5, 7) !== day.slice(5, 7);
  const nth = (n: number) => ({ nth: `${n}${codeOf(day)}` });
  const week = Math.ceil(date / 7);
  return [{ monthDay: date }, { monthDay: -1 }, ...(week < 5 ? [nth(week)] : []), ...(isInLastWeek ? [nth(-1)] : [])];
}

/** Parses a rule; undefined if it has parts that the page cannot show. */
export function repeatOf(rule: string): Repeat | undefined {
  const parts = new Map(rule.split(";").map((part) => part.split("=") as [name: string, value: string]));
  const take = (name: string) => {
    const value = parts.get(name);
    parts.delete(name);
    return value;
  };
  const unit = take("FREQ") as Unit;
  const repeat: Repeat = { unit, every: Number(take("INTERVAL") ?? 1), weekdays: [] };
  // The time of day of later tasks, if a clock change skips it on the day of this one. It is not shown.
  take("BYHOUR");
  take("BYMINUTE");
  const count = take("COUNT");
  if (count) repeat.count = Number(count);
  const until = /^(\d{4})(\d\d)(\d\d)$/.exec(take("UNTIL") ?? "");
  if (until) repeat.until = until.slice(1).join("-");
  else if (rule.includes("UNTIL")) return undefined;
  const days = parts.get("BYDAY");
  if (unit === "WEEKLY" && days && /^[A-Z,]+$/.test(days)) repeat.weekdays = take("BYDAY")!.split(",");
  if (unit === "MONTHLY" && days && /^-?[1-5][A-Z]{2}$/.test(days)) repeat.nth = take("BYDAY");
  const dates = parts.get("BYMONTHDAY");
  const months = parts.get("BYMONTH");
  const isYearly = unit === "YEARLY" && /^\d+$/.test(months ?? "") && /^\d+$/.test(dates ?? "");
  if (isYearly) repeat.month = Number(take("BYMONTH"));
  if (isYearly || (unit === "MONTHLY" && !repeat.nth && /^(\d+|-1)$/.test(dates ?? ""))) repeat.monthDay = Number(take("BYMONTHDAY"));
  return parts.size === 0 ? repeat : undefined;
}

export function ruleOf({ unit, every, weekdays, monthDay, nth, month, count, until }: Repeat): string {
  const parts = {
    FREQ: unit,
    INTERVAL: every > 1 ? every : undefined,
    BYDAY: unit === "WEEKLY" && weekdays.length > 0 ? weekdays.join() : unit === "MONTHLY" ? nth : undefined,
    BYMONTH: unit === "YEARLY" ? month : undefined,
    BYMONTHDAY: unit === "MONTHLY" || unit === "YEARLY" ? monthDay : undefined,
    COUNT: count,
    UNTIL: until?.replaceAll("-", ""),
  };
  return Object.entries(parts)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${value}`)
    .join(";");
}

const units: Record<Unit, string> = { DAILY: "day", WEEKLY: "week", MONTHLY: "month", YEARLY: "year" };
const nths: Record<string, string> = { 1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth", "-1": "last" };
const suffixes: Record<string, string> = { one: "st", two: "nd", few: "rd" };
const ordinals = new Intl.PluralRules("en", { type: "ordinal" });

/** day, or days. */
export const unitName = (unit: Unit, count: number): string => units[unit] + (count === 1 ? "" : "s");

/** The 24th, the last day, the fourth Tuesday. */
export function dayOfMonthName({ monthDay, nth }: Pick<Repeat, "monthDay" | "nth">): string {
  if (nth) return `the ${nths[nth.slice(0, -2)]} ${nameOfCode(nth.slice(-2))}`;
  return monthDay === -1 ? "the last day" : `the ${monthDay}${suffixes[ordinals.select(monthDay!)] ?? "th"}`;
}

function nameOf(repeat: Repeat): string {
  const { unit, every, weekdays, monthDay, nth, month } = repeat;
  const base = every === 1 ? `Every ${units[unit]}` : `Every ${every} ${unitName(unit, every)}`;
  if (unit === "WEEKLY" && weekdays.length > 0) {
    if (every === 1 && weekdays.join() === workdays.join()) return "Every weekday";
    const names = weekdays.map((code) => nameOfCode(code, weekdays.length > 1 ? "short" : "long")).join(", ");
    return every === 1 ? `Every ${names}` : `${base} on ${names}`;
  }
  if (unit === "YEARLY" && month) return `${base} on ${shortDate(`2000-${String(month).padStart(2, "0")}-${String(monthDay).padStart(2, "0")}`)}`;
  return nth || monthDay ? `${base} on ${dayOfMonthName(repeat)}` : base;
}

/** A rule in words; undefined if the page cannot show it. The day of the month is left out if it is that of `dueDay`. */
export function repeatName(rule: string, from: Task["recurrenceFrom"], dueDay = ""): string | undefined {
  const repeat = repeatOf(rule);
  if (!repeat) return undefined;
  if (repeat.monthDay === Number(dueDay.slice(8)) && repeat.month === (repeat.month && Number(dueDay.slice(5, 7)))) {
    repeat.monthDay = repeat.month = undefined;
  }
  const { count, until } = repeat;
  const end = until ? `, until ${dateName(until)}` : count ? `, ${count === 1 ? "once" : `${count} times`}` : "";
  return `${nameOf(repeat)}${from === "completion" ? " after completion" : ""}${end}`;
}
