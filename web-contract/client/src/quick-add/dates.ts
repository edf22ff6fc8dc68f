// The meanings of patterns, as in the Go package sdk/quickadd: change both together.
import { halfOfDay } from "./words.js";

/** The due date in a text: days in milliseconds of UTC, times of day in minutes. */
export interface When {
  date?: number;
  time?: number;
  rule?: string;
  /** A part of a day, such as evening, which is ignored without a day. */
  isPart?: boolean;
  /** The date is that of a weekday alone, which the date itself may precede or follow. */
  isWeekday?: boolean;
  /** Several days, which stay in the title. */
  isRange?: boolean;
}

const day = 86_400_000;
const codes = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];

const utc = (year: number, month: number, date: number) => Date.UTC(year, month - 1, date);

/** The Monday of a day's week. */
const monday = (date: number) => date - ((new Date(date).getUTCDay() + 6) % 7) * day;

/** The next such weekday after a day. */
const nextWeekday = (today: number, weekday: number) => today + ((((weekday - new Date(today).getUTCDay() + 6) % 7) + 7) % 7 + 1) * day;

/** A date of this year, or of the next one if it has passed. */
function upcoming(today: number, year: number, month: number, date: number): number | undefined {
  const inYear = (candidate: number) => (new Date(utc(candidate, month, date)).getUTCDate() === date ? utc(candidate, month, date) : undefined);
  if (year) return inYear(year);
  const thisYear = new Date(today).getUTCFullYear();
  for (let candidate = thisYear; candidate <= thisYear + 8; candidate++) {
    const found = inYear(candidate);
    if (found !== undefined && found >= today) return found;
  }
  return undefined;
}

/** Returns the hour that people mean: 1 to 7 are in the afternoon. */
const likelyHour = (hour: number) => (hour >= 1 && hour <= 7 ? hour + 12 : hour) % 24;

/** The meaning of a pattern's numbers, or undefined if they mean nothing. `now` is the local time, as if in UTC. */
export function meaningOf(action: string, values: number[], now: number): When | undefined {
  const today = Math.floor(now / day) * day;
  const [a = 0, b = 0, c = 0] = values;
  const { year, month } = { year: new Date(today).getUTCFullYear(), month: new Date(today).getUTCMonth() + 1 };
  const dated = (date: number | undefined, more: When = {}) => (date === undefined ? undefined : { date, ...more });
  const timed = (time: number | undefined): When | undefined => (time === undefined ? undefined : { time: ((time % 1440) + 1440) % 1440 });
  switch (action) {
    case "day":
      return { date: today + a * day, ...(values.length > 1 && { time: b }) };
    case "weekday":
      return { date: nextWeekday(today, a), isWeekday: true };
    case "week":
      return { date: monday(today) + (7 * a + b - 1) * day };
    case "weeksFrom":
      return { date: nextWeekday(today, b) + 7 * a * day };
    case "weekdayIn":
      return { date: nextWeekday(today, a) + 7 * b * day };
    case "in":
      return fromNow(now, a, b);
    case "month":
      return { date: utc(year, month + a + (b === 0 ? 1 : 0), b) };
    case "year":
      return { date: utc(year + a, 1, 1) };
    case "inMonth":
      return dated(a > 0 ? upcoming(today, 0, b, a) : utc(b < month ? year + 1 : year, b + 1, 0));
    case "monthDay":
      return dated(upcoming(today, c, a, b));
    case "dayMonth":
      return dated(upcoming(today, c, b, a));
    case "date":
      return dated(upcoming(today, a, b, c));
    case "monthday":
      for (let ahead = 0; ahead <= 2; ahead++) {
        const date = utc(year, month + ahead, a);
        if (date >= today && new Date(date).getUTCDate() === a) return { date };
      }
      return undefined;
    case "clock":
      return timed(a);
    case "half":
      return timed(halfOfDay(a, b));
    case "hourPart":
      return timed(halfOfDay(60 * a, b < 720 ? 0 : 720));
    case "hourExact":
      return timed(60 * a);
    case "hourMinute":
      return timed(values[2] === undefined ? 60 * a + b : halfOfDay(60 * a + b, c));
    case "minutes":
      return timed(60 * likelyHour(b) + a);
    case "range":
      return { isRange: true };
    case "part":
      return { time: a, isPart: true };
    default:
      return ruleOf(action, values);
  }
}

function fromNow(now: number, count: number, unit: number): When | undefined {
  const today = Math.floor(now / day) * day;
  if (unit < 2) {
    const due = now + count * (unit === 0 ? 60_000 : 3_600_000);
    const date = Math.floor(due / day) * day;
    return { date, time: Math.floor((due - date) / 60_000) };
  }
  if (unit < 4) return { date: today + count * (unit === 2 ? 1 : 7) * day };
  const from = new Date(today);
  const months = count * (unit === 4 ? 1 : 12);
  const target = utc(from.getUTCFullYear(), from.getUTCMonth() + 1 + months, 1);
  const last = new Date(utc(from.getUTCFullYear(), from.getUTCMonth() + 2 + months, 0)).getUTCDate();
  return { date: target + (Math.min(from.getUTCDate(), last) - 1) * day };
}

function ruleOf(action: string, values: number[]): When | undefined {
  // A pattern without a number means 1.
  const [a = 1, b = 1] = values;
  switch (action) {
    case "every": {
      const [count, unit] = values.length > 1 ? [a, b] : [1, a];
      const frequency = [undefined, undefined, "DAILY", "WEEKLY", "MONTHLY", "YEARLY"][unit];
      return frequency ? { rule: withInterval(frequency, count) } : undefined;
    }
    case "weekly": {
      const days = codes.filter((_, i) => values.slice(1).includes(i + 1));
      return { rule: `${withInterval("WEEKLY", a)};BYDAY=${days.join()}` };
    }
    case "dailyAt":
      return { rule: "FREQ=DAILY", time: a };
    case "monthly":
      return { rule: `FREQ=MONTHLY;BYMONTHDAY=${a}` };
    case "nth":
      return { rule: `FREQ=MONTHLY;BYDAY=${a}${codes[b - 1]}` };
    case "yearly":
      return yearly(a, b);
    case "yearlyDayFirst":
      return yearly(b, a);
    default:
      throw new Error(`a pattern has the unknown action ${action}`);
  }
}

function yearly(month: number, date: number): When | undefined {
  const isDate = new Date(utc(2000, month, date)).getUTCDate() === date;
  return isDate ? { rule: `FREQ=YEARLY;BYMONTH=${month};BYMONTHDAY=${date}` } : undefined;
}

const withInterval = (frequency: string, interval: number) => `FREQ=${frequency}${interval > 1 ? `;INTERVAL=${interval}` : ""}`;
