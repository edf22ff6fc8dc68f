// The meanings of single words, as in the Go package sdk/quickadd: change both together.

/** One file of sdk/quickadd/languages. */
export interface Language {
  numbers: Record<string, number>;
  /** 0 is a minute, then hour, day, week, month, year. */
  units: Record<string, number>;
  /** 1 is Monday. */
  weekdays: Record<string, number>;
  /** Weekdays that are also other words. */
  weakWeekdays: Record<string, number>;
  /** Weekdays that count only with a capital letter. */
  capitals: string[];
  /** Words such as "mondays", which repeat a task every week. */
  weekly: Record<string, number>;
  months: Record<string, number>;
  weakMonths: Record<string, number>;
  /** Parts of a day and when they begin, in minutes. */
  parts: Record<string, number>;
  /** Words for a.m. and p.m.: 0 or 720 minutes. */
  halves: Record<string, number>;
  ordinals: Record<string, number>;
  ordinalEndings: string[];
  /** Whether dates are written 31.12. and not 12/31. */
  dots: boolean;
  prepositions: string[];
  /** Prepositions that do not make a date more likely. */
  weakPrepositions: string[];
  /** Words that are never followed by a date. */
  notAfter: string[];
  /** Words after which an ambiguous word is not a date. */
  weakNotAfter: string[];
  priorities: Record<string, string>;
  patterns: string[];
}

/** A word of the input. */
export interface Token {
  start: number;
  end: number;
  /** In lower case, without punctuation around it. */
  word: string;
  isCapital: boolean;
  /** Whether a comma or the like follows. */
  isStop: boolean;
  /** Whether a sign such as #tag precedes it. */
  isAfterSign: boolean;
}

/** The numbers read, and the index of the next token. */
export interface Reading {
  values: number[];
  next: number;
}

/** Splits a text at spaces. Quoted words are undefined, because they belong to the title. */
export function tokensOf(text: string): (Token | undefined)[] {
  let quoted = false;
  return [...text.matchAll(/\S+/g)].map((match) => {
    const [raw] = match;
    const opens = /^["„“]/.test(raw);
    const closes = /["“”][.,;:!?]*$/.test(raw);
    const isLiteral = quoted || opens;
    if (opens) quoted = true;
    if (closes && raw.length > 1) quoted = false;
    if (isLiteral) return undefined;
    const leading = /^[([]*(@(?=\d))?/.exec(raw)![0].length;
    const trailing = /[,;:!?)\]]*$/.exec(raw.slice(leading))![0].length;
    const word = raw.slice(leading, raw.length - trailing);
    const start = match.index + leading;
    return { start, end: start + word.length, word: word.toLowerCase(), isCapital: /^\p{Lu}/u.test(word), isStop: trailing > 0, isAfterSign: false };
  });
}

/** A word without the full stop of an abbreviation or a sentence. */
const bare = (word: string) => word.replace(/\.+$/, "");

function lookUp(words: Record<string, number>, word: string): number | undefined {
  const plain = bare(word);
  return Object.hasOwn(words, plain) ? words[plain] : undefined;
}

/** Reads a class of words, such as WEEKDAY, at an index. */
export function readClass(language: Language, name: string, tokens: (Token | undefined)[], index: number, dayFirst: boolean): Reading | undefined {
  if (name === "WEEKDAYS") return readWeekdays(language, tokens, index);
  const word = tokens[index]?.word;
  if (word === undefined) return undefined;
  const value = valueOf(language, name, word, dayFirst);
  if (name === "WEAKDAY" && language.capitals.includes(word) && !tokens[index]!.isCapital) return undefined;
  if (value === undefined) return undefined;
  return { values: typeof value === "number" ? [value] : value, next: index + 1 };
}

function valueOf(language: Language, name: string, word: string, dayFirst = false): number | number[] | undefined {
  const { numbers, units, weekdays, weakWeekdays, weekly, months, weakMonths, parts, halves, ordinals } = language;
  switch (name) {
    case "NUMBER":
      return /^[1-9]\d{0,2}$/.test(word) ? Number(word) : lookUp(numbers, word);
    case "UNIT":
      return lookUp(units, word);
    case "COUNTED": {
      const [, count, unit] = /^([1-9]\d{0,2})(\D+)$/.exec(word) ?? [];
      const known = unit && lookUp(units, unit);
      return typeof known === "number" ? [Number(count), known] : undefined;
    }
    case "WEEKDAY":
      return lookUp(weekdays, word);
    case "WEAKDAY":
      return lookUp(weakWeekdays, word);
    case "DAYNAME":
      return lookUp(weekdays, word) ?? lookUp(weakWeekdays, word);
    case "WEEKLY":
      return lookUp(weekly, word);
    case "MONTH":
      return lookUp(months, word);
    case "WEAKMONTH":
      return lookUp(weakMonths, word);
    case "MONTHNAME":
      return lookUp(months, word) ?? lookUp(weakMonths, word);
    case "DAY":
      return ordinalOf(language, word) ?? (/^\d{1,2}$/.test(word) ? within(Number(word), 1, 31) : undefined);
    case "DAYTH":
      return ordinalOf(language, word);
    case "ORD":
      return lookUp(ordinals, word) ?? within(ordinalOf(language, word) ?? 0, 1, 5);
    case "YEAR":
      return /^20\d\d\.?$/.test(word) ? Number(bare(word)) : undefined;
    case "HOUR":
      return /^\d{1,2}$/.test(word) ? within(Number(word), 0, 23) : within(lookUp(numbers, word) ?? 0, 1, 12);
    case "MINUTE":
      return /^[0-5]\d\.?$/.test(word) ? Number(bare(word)) : undefined;
    case "TIME":
      return timeOf(bare(word));
    case "DOTTED": {
      const [, hour, minute] = /^(\d{1,2})\.(\d\d)$/.exec(word) ?? [];
      return hour && minute ? minutesOf(Number(hour), Number(minute)) : undefined;
    }
    case "SPAN": {
      const [, hour, until] = /^(\d{1,2})[-–](\d{1,2})$/.exec(word) ?? [];
      return hour && within(Number(until), Number(hour) + 1, 24) ? Number(hour) : undefined;
    }
    case "PART":
      return lookUp(parts, word);
    case "HALF":
      return lookUp(halves, word);
    default:
      return dateOf(language, name, word, dayFirst);
  }
}

const within = (value: number, min: number, max: number) => (value >= min && value <= max ? value : undefined);

/** Reads the day in 3rd, or in the German 3. */
function ordinalOf({ ordinalEndings }: Language, word: string): number | undefined {
  const [, digits, ending] = /^(\d{1,2})(\D+)$/.exec(word) ?? [];
  return digits && ordinalEndings.includes(ending!) ? within(Number(digits), 1, 31) : undefined;
}

function minutesOf(hour: number, minute: number): number | undefined {
  return hour <= 23 && minute <= 59 ? 60 * hour + minute : undefined;
}

/** Reads 17:00, 5pm, 5:30pm, or the beginning of 5-6pm, in minutes since midnight. */
function timeOf(word: string): number | undefined {
  const match = /^(\d{1,2})(?:[:.](\d\d))?(am|pm)?(?:[-–](\d{1,2})(?::(\d\d))?(am|pm)?)?$/.exec(word);
  if (!match) return undefined;
  const [, hour, minute, half, untilHour, untilMinute, untilHalf] = match;
  const isRange = untilHour !== undefined;
  const time = minutesOf(Number(hour), Number(minute ?? 0));
  if (time === undefined) return undefined;
  if (isRange && minutesOf(Number(untilHour), Number(untilMinute ?? 0)) === undefined) return undefined;
  // 11-1pm begins in the morning.
  const implied = untilHalf === "pm" && Number(hour) % 12 > Number(untilHour) % 12 ? "am" : untilHalf;
  const known = half ?? implied;
  if (known) return halfOfDay(time, known === "pm" ? 720 : 0);
  return word.includes(":") ? time : undefined;
}

/** Converts a time on the 12-hour clock, in the half of the day that begins at 0 or 720 minutes. */
export function halfOfDay(time: number, half: number): number | undefined {
  return time >= 60 && time < 780 ? (time % 720) + half : undefined;
}

/** Reads the year, month and day; the year is 0 if it is not written. */
function dateOf({ dots }: Language, name: string, word: string, dayFirst: boolean): number[] | undefined {
  const [, isoYear, isoMonth, isoDay] = /^(\d{4})-(\d\d)-(\d\d)\.?$/.exec(word) ?? [];
  if (isoYear) return name === "DATE" ? valid(Number(isoYear), Number(isoMonth), Number(isoDay)) : undefined;
  const [, day, month, dottedYear] = /^(\d{1,2})\.(\d{1,2})\.(\d{4}|\d\d)?\.?$/.exec(word) ?? [];
  if (day) return name === "DATE" && (dots || dottedYear) ? valid(yearOf(dottedYear), Number(month), Number(day)) : undefined;
  const [, loose, looseMonth] = /^(\d{1,2})\.(\d{1,2})$/.exec(word) ?? [];
  if (loose) return name === "LOOSE" && dots ? valid(0, Number(looseMonth), Number(loose)) : undefined;
  const [, first, second, year] = /^(\d{1,2})\/(\d{1,2})(?:\/(\d{4}|\d\d))?$/.exec(bare(word)) ?? [];
  if (!first || dots || word === "24/7" || word === "9/11") return undefined;
  const [a, b] = [Number(first), Number(second)];
  const [dayMonth, monthDay] = [valid(yearOf(year), b, a), valid(yearOf(year), a, b)];
  const date = dayFirst ? (dayMonth ?? monthDay) : (monthDay ?? dayMonth);
  const isFraction = !year && a < b && [2, 3, 4, 5, 8, 16].includes(b);
  return name === (isFraction ? "FRACTION" : "SLASH") ? date : undefined;
}

const yearOf = (digits: string | undefined) => (digits ? Number(digits) + (digits.length === 2 ? 2000 : 0) : 0);

function valid(year: number, month: number, day: number): number[] | undefined {
  const date = new Date(Date.UTC(year || 2000, month - 1, day));
  return month >= 1 && month <= 12 && date.getUTCDate() === day ? [year, month, day] : undefined;
}

/** Reads several weekdays, such as "mon, wed and fri" or "tue/thu". */
function readWeekdays(language: Language, tokens: (Token | undefined)[], index: number): Reading | undefined {
  const values: number[] = [];
  let next = index;
  for (let i = index; i < tokens.length; i++) {
    const days = tokens[i]?.word.split("/").map((part) => valueOf(language, "DAYNAME", part));
    if (days?.every((day) => typeof day === "number")) {
      values.push(...days);
      next = i + 1;
      if (!tokens[i]!.isStop && !isAnd(tokens[i + 1])) break;
    } else if (next === index || !isAnd(tokens[i])) {
      break;
    }
  }
  return values.length > 0 ? { values, next } : undefined;
}

const isAnd = (token: Token | undefined) => ["and", "und", "&", "+"].includes(token?.word ?? "");
