// Recurrence rules, as the Go package sdk/recurrence evaluates them: change both together.

import { instantOf, localTimeOf } from "./clock.js";

const frequencies = ["DAILY", "WEEKLY", "MONTHLY", "YEARLY"] as const;
const weekdays = ["SU", "MO", "TU", "WE", "TH", "FR", "SA"];

/** The number of years after which the search for an occurrence ends. */
const horizon = 40;
const day = 86_400_000;
const minute = 60_000;

/** A recurrence rule parsed by {@link parseRule}. */
export interface Rule {
  frequency: (typeof frequencies)[number];
  interval: number;
  /** The number of occurrences; 0 means no limit. */
  count: number;
  /** The last moment: an instant, or a local time, in milliseconds. */
  until: { at: number; isInstant: boolean } | undefined;
  weekStart: number;
  /** The time of day of each occurrence, in minutes since midnight; undefined for that of the start. */
  timeOfDay: number | undefined;
  /** The nth such weekday, counted from the end if negative; every one if n is 0. */
  byDay: { n: number; weekday: number }[] | undefined;
  byMonthDay: number[] | undefined;
  byMonth: number[] | undefined;
  bySetPos: number[] | undefined;
}

/** The reason why a rule is invalid, in a sentence for users who write rules. */
export class RuleError extends Error {
  override name = "RuleError";
}

function reject(reason: string): never {
  throw new RuleError(reason);
}

/**
 * Parses a rule of RFC 5545, such as FREQ=MONTHLY;BYDAY=1MO;COUNT=12: FREQ, and optionally INTERVAL, COUNT or UNTIL, WKST,
 * BYDAY, BYMONTHDAY, BYMONTH, BYSETPOS, and one BYHOUR with one BYMINUTE. Throws a RuleError for others, and for rules that never occur.
 */
export function parseRule(text: string): Rule {
  if (new TextEncoder().encode(text).length > 500) reject("a rule has at most 500 characters");
  const rule: Rule = {
    frequency: "DAILY",
    interval: 1,
    count: 0,
    until: undefined,
    weekStart: 1,
    timeOfDay: undefined,
    byDay: undefined,
    byMonthDay: undefined,
    byMonth: undefined,
    bySetPos: undefined,
  };
  const seen = new Set<string>();
  for (const part of text.split(";")) {
    const equals = part.indexOf("=");
    const key = equals < 0 ? part : part.slice(0, equals);
    setPart(rule, key, equals < 0 ? "" : part.slice(equals + 1));
    if (seen.has(key)) reject(`${key} is given twice`);
    seen.add(key);
  }
  if (!seen.has("FREQ")) reject("FREQ is missing");
  if (seen.has("BYHOUR") !== seen.has("BYMINUTE")) reject("BYHOUR and BYMINUTE must be used together");
  check(rule);
  return rule;
}

function setPart(rule: Rule, key: string, value: string) {
  switch (key) {
    case "FREQ":
      rule.frequency = frequencies.find((name) => name === value) ?? reject("FREQ must be DAILY, WEEKLY, MONTHLY or YEARLY");
      break;
    case "INTERVAL":
      rule.interval = positive(key, value, 999);
      break;
    case "COUNT":
      rule.count = positive(key, value, 9999);
      break;
    case "UNTIL":
      rule.until = readUntil(value);
      break;
    case "WKST":
      rule.weekStart = weekdays.indexOf(value);
      if (rule.weekStart < 0) reject("WKST must be one of MO, TU, WE, TH, FR, SA, SU");
      break;
    case "BYDAY":
      rule.byDay = value.split(",").map((entry) => {
        const match = /^([+-]?[1-9][0-9]?)?(SU|MO|TU|WE|TH|FR|SA)$/.exec(entry);
        if (!match) reject("BYDAY must be a list of weekdays such as MO, 1MO or -1MO");
        return { n: Number(match[1] ?? 0), weekday: weekdays.indexOf(match[2]!) };
      });
      break;
    case "BYMONTHDAY":
      rule.byMonthDay = numbers(key, value, 31, true);
      break;
    case "BYMONTH":
      rule.byMonth = numbers(key, value, 12, false);
      break;
    case "BYHOUR":
      rule.timeOfDay = (rule.timeOfDay ?? 0) + 60 * clockPart(key, value, 23);
      break;
    case "BYMINUTE":
      rule.timeOfDay = (rule.timeOfDay ?? 0) + clockPart(key, value, 59);
      break;
    case "BYSETPOS":
      rule.bySetPos = numbers(key, value, 366, true);
      break;
    default:
      reject(`${JSON.stringify(key)} is not supported`);
  }
}

function readUntil(value: string): { at: number; isInstant: boolean } {
  const match = /^(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)(Z?))?$/.exec(value);
  const [, years, months, days, hours, minutes, seconds, zone] = match ?? [];
  const date = `${years}-${months}-${days}T${hours ?? "00"}:${minutes ?? "00"}:${seconds ?? "00"}`;
  const time = Date.parse(`${date}Z`);
  // Date.parse moves 30 February into March.
  if (Number.isNaN(time) || !new Date(time).toISOString().startsWith(date)) {
    reject("UNTIL must be a date such as 20261231 or 20261231T090000Z");
  }
  // A date includes that day.
  return { at: hours ? time : time + day - 1, isInstant: zone === "Z" };
}

function clockPart(key: string, value: string, largest: number): number {
  if (!/^[0-9]{1,2}$/.test(value) || Number(value) > largest) reject(`${key} must be from 0 to ${largest}`);
  return Number(value);
}

function positive(key: string, value: string, largest: number): number {
  if (!/^[1-9][0-9]{0,3}$/.test(value) || Number(value) > largest) reject(`${key} must be from 1 to ${largest}`);
  return Number(value);
}

function numbers(key: string, value: string, largest: number, negative: boolean): number[] {
  return value.split(",").map((entry) => {
    const n = Number(entry);
    if (!/^[+-]?[1-9][0-9]{0,2}$/.test(entry) || Math.abs(n) > largest || (n < 0 && !negative)) {
      reject(`${key} must be a list of numbers from ${negative ? `-${largest} to -1 or 1` : "1"} to ${largest}`);
    }
    return n;
  });
}

/** Rejects invalid combinations of parts. */
function check({ frequency, count, until, byDay, byMonthDay, byMonth, bySetPos }: Rule) {
  const inMonths = frequency === "MONTHLY" || (frequency === "YEARLY" && (byMonth || byMonthDay));
  const largest = inMonths ? 5 : frequency === "YEARLY" ? 53 : 0;
  for (const { n } of byDay ?? []) {
    if (n !== 0 && largest === 0) reject("BYDAY has numbers only with FREQ=MONTHLY or FREQ=YEARLY");
    if (Math.abs(n) > largest) reject(`BYDAY must have numbers from -${largest} to ${largest} here`);
  }
  if (count > 0 && until) reject("COUNT and UNTIL exclude each other");
  if (frequency === "WEEKLY" && byMonthDay) reject("BYMONTHDAY cannot be used with FREQ=WEEKLY");
  if (bySetPos && !byDay && !byMonthDay && !byMonth) reject("BYSETPOS needs BYDAY, BYMONTHDAY or BYMONTH");
  const months = byMonth ?? [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
  const isPossible = (date: number) => months.some((month) => Math.abs(date) <= daysIn(2000, month - 1));
  if (byMonthDay && !byMonthDay.some(isPossible)) reject("no month of BYMONTH has a day of BYMONTHDAY");
}

/**
 * Returns the instants at which a rule occurs, in order, from `start` on, or only those after a later moment. They keep the
 * local time of day of the start, or the rule's own, when the clocks change. A time that a clock change skips moves by the
 * length of the gap. Of a repeated time, the first is used, also for a start in the second. All-day rules start at midnight in
 * UTC, with zone UTC. The start itself is an occurrence only if it matches. Without COUNT and UNTIL the sequence may be
 * infinite.
 */
export function* occurrences(rule: Rule, start: Date, zone: string, after?: Date): Generator<Date> {
  for (const occurrence of occurrencesFrom(rule, start.getTime(), (after ?? start).getTime(), zone)) {
    if (!after || occurrence > after) yield occurrence;
  }
}

/** Returns the first occurrence after a moment of the rule that begins at `start`. */
export function nextOccurrence(rule: Rule, start: Date, after: Date, zone: string): Date | undefined {
  for (const occurrence of occurrences(rule, start, zone, after)) return occurrence;
  return undefined;
}

/**
 * Returns the occurrences from `start` on. It may leave out those before a moment. It computes in local times of the zone, in
 * milliseconds as in UTC.
 */
function* occurrencesFrom(rule: Rule, start: number, moment: number, zone: string): Generator<Date> {
  const localStart = localTimeOf(start, zone);
  const { count } = rule;
  const until = !rule.until ? Infinity : rule.until.isInstant ? localTimeOf(rule.until.at, zone) : rule.until.at;
  const startTime = localStart - startOfDay(localStart);
  const timeOfDay = rule.timeOfDay === undefined ? startTime : rule.timeOfDay * minute + (startTime % minute);
  const earliest = localTimeOf(moment, zone) - 2 * day;
  const first = count === 0 && earliest > localStart ? periodsBetween(rule, localStart, earliest) : 0;
  let last = first > 0 ? localTimeOf(moment, zone) : localStart;
  let previous: number | undefined;
  let found = 0;
  for (let n = first; ; n++) {
    const { begin, days } = period(rule, localStart, n);
    if (begin > Math.min(until, addYears(last, horizon))) return;
    for (const date of selectPositions(rule, days)) {
      const localTime = date + timeOfDay;
      if (localTime < localStart) continue;
      if (localTime > until) return;
      found++;
      last = localTime;
      // A date that the zone skipped, as Samoa did in 2011, is the same instant as the next one.
      const instant = instantOf(localTime, zone);
      if (instant !== previous) yield new Date(instant);
      previous = instant;
      if (found === count) return;
    }
  }
}

/** Returns the index of a period that begins at or before `to`. */
function periodsBetween({ frequency, interval }: Rule, localStart: number, to: number): number {
  const days = Math.floor((to - localStart) / day);
  const years = yearOf(to) - yearOf(localStart);
  const units = { DAILY: days, WEEKLY: Math.floor(days / 7), MONTHLY: 12 * years + monthOf(to) - monthOf(localStart), YEARLY: years };
  return Math.max(Math.floor(units[frequency] / interval) - 1, 0);
}

/** Returns the beginning of the nth period, and the dates in it that match the rule, in order. */
function period(rule: Rule, localStart: number, index: number): { begin: number; days: number[] } {
  const n = index * rule.interval;
  const date = startOfDay(localStart);
  switch (rule.frequency) {
    case "DAILY": {
      const begin = date + n * day;
      const isMatch = inMonth(rule, monthOf(begin)) && hasMonthDay(rule, begin) && hasWeekday(rule, begin);
      return { begin, days: isMatch ? [begin] : [] };
    }
    case "WEEKLY": {
      const begin = date + (7 * n - ((weekdayOf(date) - rule.weekStart + 7) % 7)) * day;
      const isDay = (candidate: number) => (rule.byDay ? hasWeekday(rule, candidate) : weekdayOf(candidate) === weekdayOf(date));
      return { begin, days: daysFrom(begin, begin + 7 * day).filter((candidate) => inMonth(rule, monthOf(candidate)) && isDay(candidate)) };
    }
    case "MONTHLY": {
      const begin = utc(yearOf(date), monthOf(date) + n, 1);
      return { begin, days: monthDays(rule, begin, date) };
    }
    case "YEARLY": {
      const year = yearOf(date) + n;
      const begin = utc(year, 0, 1);
      if (!rule.byMonth && !rule.byMonthDay && rule.byDay) return { begin, days: weekdaysIn(rule, begin, utc(year + 1, 0, 1)) };
      const months = rule.byMonth || rule.byMonthDay ? [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11] : [monthOf(date)];
      return { begin, days: months.flatMap((month) => monthDays(rule, utc(year, month, 1), date)) };
    }
  }
}

/** Returns the dates that match in the month that starts at `begin`. */
function monthDays(rule: Rule, begin: number, date: number): number[] {
  const end = utc(yearOf(begin), monthOf(begin) + 1, 1);
  if (!inMonth(rule, monthOf(begin))) return [];
  if (!rule.byMonthDay && rule.byDay) return weekdaysIn(rule, begin, end);
  if (!rule.byMonthDay) {
    const same = begin + (dayOf(date) - 1) * day;
    return same < end ? [same] : [];
  }
  const matching = rule.byDay && new Set(weekdaysIn(rule, begin, end));
  return daysFrom(begin, end).filter((candidate) => hasMonthDay(rule, candidate) && (!matching || matching.has(candidate)));
}

/** Returns the dates of BYDAY between two days. */
function weekdaysIn({ byDay }: Rule, begin: number, end: number): number[] {
  const length = (end - begin) / day;
  const matches = new Set<number>();
  for (const { n, weekday } of byDay!) {
    const first = (weekday - weekdayOf(begin) + 7) % 7;
    // With n, only the nth one.
    const step = n === 0 ? 7 : length;
    const from = n === 0 ? first : n > 0 ? first + 7 * (n - 1) : first + 7 * (Math.floor((length - 1 - first) / 7) + n + 1);
    for (let i = from; i >= 0 && i < length; i += step) matches.add(i);
  }
  return [...matches].sort((a, b) => a - b).map((i) => begin + i * day);
}

/** Returns the dates of a period at the positions of BYSETPOS. */
function selectPositions({ bySetPos }: Rule, days: number[]): number[] {
  return bySetPos ? days.filter((_, i) => bySetPos.includes(i + 1) || bySetPos.includes(i - days.length)) : days;
}

const inMonth = ({ byMonth }: Rule, month: number) => !byMonth || byMonth.includes(month + 1);

function hasMonthDay({ byMonthDay }: Rule, date: number): boolean {
  if (!byMonthDay) return true;
  return byMonthDay.includes(dayOf(date)) || byMonthDay.includes(dayOf(date) - daysIn(yearOf(date), monthOf(date)) - 1);
}

const hasWeekday = ({ byDay }: Rule, date: number) => !byDay || byDay.some(({ weekday }) => weekday === weekdayOf(date));

const utc = (year: number, month: number, date: number) => Date.UTC(year, month, date);
const yearOf = (localTime: number) => new Date(localTime).getUTCFullYear();
const monthOf = (localTime: number) => new Date(localTime).getUTCMonth();
const dayOf = (localTime: number) => new Date(localTime).getUTCDate();
const weekdayOf = (localTime: number) => new Date(localTime).getUTCDay();
const startOfDay = (localTime: number) => Math.floor(localTime / day) * day;
const daysIn = (year: number, month: number) => new Date(utc(year, month + 1, 0)).getUTCDate();
const addYears = (localTime: number, years: number) => new Date(localTime).setUTCFullYear(yearOf(localTime) + years);

function daysFrom(begin: number, end: number): number[] {
  return Array.from({ length: (end - begin) / day }, (_, i) => begin + i * day);
}
