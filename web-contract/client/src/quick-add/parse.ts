import { localTimeOf } from "../clock.js";
import { languages } from "../generated/languages.js";
import { nextOccurrence, parseRule } from "../recurrence.js";
import { meaningOf, type When } from "./dates.js";
import { readClass, tokensOf, type Language, type Reading, type Token } from "./words.js";

/** A recognized part of the text. */
export interface Part {
  kind: "due" | "repeat" | "tag" | "priority" | "list";
  /** Its position in the text. */
  start: number;
  end: number;
}

/** A task as a line of text describes it. */
export interface QuickAdd {
  /** The rest of the text; the whole text if the rest is empty. */
  title: string;
  /** The day it is due, such as 2026-11-28. */
  date?: string;
  /** The time of day it is due, such as 09:00. */
  time?: string;
  /** How it recurs, a rule of RFC 5545. */
  rule?: string;
  tags: string[];
  priority?: "urgent" | "high" | "medium" | "low";
  /** The name of the list it belongs to. */
  list?: string;
  /** The recognized parts, in their order. */
  parts: Part[];
}

export interface QuickAddOptions {
  /** The time. Default: now. */
  now?: Date;
  /** The user's time zone. Default: the device's. */
  zone?: string;
  /** The languages to try, the user's own first: en, de. */
  languages?: readonly string[];
  /** The names of the user's lists: +Errands means a list only if there is one. */
  lists?: readonly string[];
  /** Whether "every monday" makes a rule. Otherwise it stays in the title. */
  recurring?: boolean;
  /** Parts that stay in the title although they could be recognized. */
  literal?: readonly string[];
  /** Whether 3/4 is the third of April. */
  dayFirst?: boolean;
}

/** The priorities that p1 to p4 mean, in this order. */
const priorities = ["urgent", "high", "medium", "low"] as const;

/** Words that belong together: "friday at 5pm". */
interface Group {
  when: When;
  /** The index of its first token. */
  from: number;
  /** The index after its last token. */
  to: number;
  /** 3: counts anywhere in a title; 2: at its beginning or end; 1: at its end. */
  level: number;
}

/** Parses a line of text as a task: its due date, rule, list, tags and priority. The rest is the title. */
export function parseQuickAdd(text: string, options: QuickAddOptions = {}): QuickAdd {
  const { now = new Date(), lists = [], literal = [] } = options;
  const names = options.languages ?? ["en", "de"];
  const { zone } = options;
  const localNow = zone
    ? Math.floor(localTimeOf(now.getTime(), zone) / 60_000) * 60_000
    : Date.UTC(now.getFullYear(), now.getMonth(), now.getDate(), now.getHours(), now.getMinutes());
  const known = names.flatMap((name) => languages[name] ?? []);
  const all = tokensOf(text);
  const isLiteral = ({ start, end }: { start: number; end: number }) => {
    const part = text.slice(start, end).toLowerCase();
    return literal.some((kept) => part.startsWith(kept.toLowerCase()));
  };

  const result: QuickAdd = { title: "", tags: [], parts: [] };
  const words: (Token | undefined)[] = [];
  let [signEnd, isAfterSign] = [0, false];
  for (const [i, token] of all.entries()) {
    // Skip the other words of a list's name.
    if (token && token.start < signEnd) continue;
    const sign = token && readSign(text, all, i, known, lists, result);
    if (sign && !isLiteral(sign)) {
      sign.apply();
      result.parts.push({ kind: sign.kind, start: sign.start, end: sign.end });
      [signEnd, isAfterSign] = [sign.end, true];
      continue;
    }
    words.push(token && { ...token, isAfterSign });
    isAfterSign = false;
  }

  const context = { tokens: words, now: localNow, recurring: options.recurring ?? false, dayFirst: options.dayFirst ?? false, isLiteral };
  const readings = known.map((language, i) => groupsOf(context, language, i > 0));
  const best = readings.reduce((a, b) => (weight(b) > weight(a) ? b : a), []);
  const when: When = Object.assign({}, ...best.map((group) => group.when));
  for (const group of best) {
    const kind = group.when.rule ? "repeat" : "due";
    result.parts.push(...placesOf(words, group).map((place) => ({ kind, ...place }) as const));
  }
  result.parts.sort((a, b) => a.start - b.start);
  result.title = titleOf(text, result.parts);
  setDue(result, when, localNow);
  return result;
}

/** Returns the positions of a group: several if there are signs inside it. */
function placesOf(tokens: (Token | undefined)[], { from, to }: Group): { start: number; end: number }[] {
  const places: { start: number; end: number }[] = [];
  for (const { start, end, isAfterSign } of tokens.slice(from, to) as Token[]) {
    const last = places.at(-1);
    if (!last || isAfterSign) places.push({ start, end });
    else last.end = end;
  }
  return places;
}

/** Counts the tokens of the groups. */
const weight = (groups: Group[]) => groups.reduce((sum, { from, to }) => sum + to - from, 0);

/** Reads #tag, +List, p1 and !high. */
function readSign(text: string, tokens: (Token | undefined)[], index: number, known: Language[], lists: readonly string[], result: QuickAdd) {
  const { word, start, end } = tokens[index]!;
  const original = text.slice(start, end);
  // Vowels and accents may be marks (M), and Persian words have joiners inside.
  if (/^#[\p{L}\p{M}\p{N}\u200c\u200d_/-]*\p{L}[\p{L}\p{M}\p{N}\u200c\u200d_/-]*$/u.test(original)) {
    return { kind: "tag", start, end, apply: () => result.tags.push(original.slice(1)) } as const;
  }
  if (word.startsWith("+")) {
    const rest = text.slice(start + 1);
    const named = (name: string) => rest.toLowerCase().startsWith(name.toLowerCase()) && !/^[\p{L}\p{M}\p{N}]/u.test(rest.slice(name.length));
    const [list] = lists.filter((name) => name !== "" && named(name)).sort((a, b) => b.length - a.length);
    if (list) return { kind: "list", start, end: start + 1 + list.length, apply: () => (result.list = list) } as const;
  }
  const localized = known.flatMap((language) => Object.entries(language.priorities)).find(([name]) => word === `!${name}`)?.[1];
  const priority = priorities.find((name, rank) => word === `p${rank + 1}` || word === `!${name}`) ?? (localized as QuickAdd["priority"]);
  // P1 may be part of a name; only p1 is a priority.
  if (priority && !(word.startsWith("p") && original !== word && index < tokens.length - 1)) {
    return { kind: "priority", start, end, apply: () => (result.priority = priority) } as const;
  }
  return undefined;
}

interface Context {
  tokens: (Token | undefined)[];
  now: number;
  recurring: boolean;
  dayFirst: boolean;
  isLiteral: (part: { start: number; end: number }) => boolean;
}

/** The groups that count in one language: at most one date, one time and one rule. */
function groupsOf(context: Context, language: Language, isForeign: boolean): Group[] {
  const { tokens } = context;
  const groups: Group[] = [];
  for (let index = 0; index < tokens.length; ) {
    const group = groupAt(context, language, index);
    if (group) groups.push(group);
    index = group ? group.to : index + 1;
  }
  const isLast = ({ to }: Group) => to === tokens.length;
  const counts = (group: Group) => {
    const { from, level } = group;
    if (isForeign && level < 2) return false;
    if (!(level >= 3 || (level >= 2 && from === 0) || (level >= 1 && isLast(group)))) return false;
    return !placesOf(tokens, group).some(context.isLiteral);
  };
  const ranked = groups.filter(counts).sort((a, b) => Number(isLast(b)) - Number(isLast(a)) || b.level - a.level || a.from - b.from);
  const chosen: Group[] = [];
  for (const group of ranked) {
    const clashes = (other: Group) => (["date", "time", "rule"] as const).some((key) => group.when[key] !== undefined && other.when[key] !== undefined);
    if (!chosen.some(clashes)) chosen.push(group);
  }
  return chosen;
}

/** The longest group that begins at a token. */
function groupAt(context: Context, language: Language, index: number): Group | undefined {
  const { tokens } = context;
  const when: When = {};
  let [to, level, hasPreposition, isTimed] = [index, 0, false, false];
  while (to < tokens.length) {
    const found = matchAt(context, language, to, when);
    if (!found || when.isRange || (found.when.isRange && to > index)) break;
    const isClock = (found.when.time !== undefined && !found.when.isPart) || isTimed;
    const isDay = found.when.date !== undefined || found.when.rule !== undefined || when.date !== undefined || when.rule !== undefined;
    // A day with a time is hardly a coincidence.
    level = isClock && isDay && to > index ? 3 : Math.max(level, found.level);
    isTimed = isClock;
    hasPreposition ||= found.hasPreposition;
    Object.assign(when, { isPart: undefined, isWeekday: undefined }, found.when);
    to = found.next;
  }
  if (to === index || (when.isPart && when.date === undefined && when.rule === undefined)) return undefined;
  const [first, before] = [tokens[index]!, tokens[index - 1]];
  const previous = before && !before.isStop ? before.word : "";
  if (language.notAfter.includes(previous)) return undefined;
  if (hasPreposition && !when.isRange) level = Math.min(level + 1, 3);
  // Not dates: "the sun", "Henry the 8th".
  if (level === 1 && (language.weakNotAfter.includes(previous) || (first.word === "the" && before?.isCapital))) return undefined;
  return { when, from: index, to, level };
}

interface Match {
  when: When;
  next: number;
  level: number;
  hasPreposition: boolean;
}

/** The longest match of a pattern that adds a date, a time or a rule. It begins at a token, or after up to three prepositions. */
function matchAt(context: Context, language: Language, index: number, when: When): Match | undefined {
  const { tokens, now, recurring, dayFirst } = context;
  let best: Match | undefined;
  let [from, hasPreposition] = [index, false];
  for (;;) {
    for (const pattern of patternsOf(language)) {
      const read = matchItems(language, pattern.items, tokens, from, dayFirst);
      if (!read || read.next <= (best?.next ?? from)) continue;
      let found = meaningOf(pattern.action, [...pattern.values, ...read.values], now);
      if (!found || (found.rule !== undefined && !recurring)) continue;
      if (found.date !== undefined && when.date !== undefined) {
        // The weekday of the date itself adds nothing; another weekday stays in the title.
        if (when.isWeekday === found.isWeekday || (found.date - when.date) % 604_800_000 !== 0) continue;
        if (found.isWeekday) found = { date: when.date };
      }
      if (found.time !== undefined && when.time !== undefined) continue;
      if (found.rule !== undefined && when.rule !== undefined) continue;
      const isName = pattern.isAdverb && tokens[from]!.isCapital && from > 0;
      if (pattern.needsLower && tokens[read.next]?.isCapital) continue;
      best = { when: found, next: read.next, level: pattern.level - (isName ? 1 : 0), hasPreposition };
    }
    const word = tokens[from]?.word;
    if (word === undefined || from - index === 3) return best;
    if (language.prepositions.includes(word)) hasPreposition = true;
    else if (!language.weakPrepositions.includes(word)) return best;
    from++;
  }
}

interface Pattern {
  level: number;
  /** Whether a capital letter, except at the beginning of the text, makes it less likely to be a date. */
  isAdverb: boolean;
  /** Whether no capitalized word may follow: "am 1. Advent" is not a date. */
  needsLower: boolean;
  items: { words: string[]; isClass: boolean; isOptional: boolean }[];
  action: string;
  values: number[];
}

const compiled = new Map<Language, Pattern[]>();

/** Parses the patterns of a language. "2 in NUMBER UNIT = in" is a level, words and classes of words, and the action that is their meaning. */
function patternsOf(language: Language): Pattern[] {
  let patterns = compiled.get(language);
  if (!patterns) {
    patterns = language.patterns.map((line) => {
      const [level, ...words] = line.slice(0, line.indexOf(" = ")).split(" ");
      const [action, ...values] = line.slice(line.indexOf(" = ") + 3).split(" ");
      const items = words.map((item) => {
        const name = item.replace("?", "");
        const isClass = /^[A-Z]+$/.test(name);
        return { words: isClass ? [name] : name.toLowerCase().split("|"), isClass, isOptional: item.endsWith("?") };
      });
      return { level: Number(level![0]), isAdverb: level!.endsWith("~"), needsLower: level!.endsWith("^"), items, action: action!, values: values.map(Number) };
    });
    compiled.set(language, patterns);
  }
  return patterns;
}

function matchItems(language: Language, items: Pattern["items"], tokens: (Token | undefined)[], index: number, dayFirst: boolean): Reading | undefined {
  const [item, ...rest] = items;
  if (!item) return { values: [], next: index };
  const found = item.isClass ? readClass(language, item.words[0]!, tokens, index, dayFirst) : readWord(item.words, tokens[index], index);
  const following = found && matchItems(language, rest, tokens, found.next, dayFirst);
  if (found && following) return { values: [...found.values, ...following.values], next: following.next };
  return item.isOptional ? matchItems(language, rest, tokens, index, dayFirst) : undefined;
}

function readWord(words: string[], token: Token | undefined, index: number): Reading | undefined {
  const word = token?.word.replace(/\.+$/, "") ?? "";
  return words.includes(word) || words.includes(token?.word ?? "") ? { values: [], next: index + 1 } : undefined;
}

/** The text without its parts. */
function titleOf(text: string, parts: Part[]): string {
  let [title, end] = ["", 0];
  for (const part of parts) {
    title += text.slice(end, part.start);
    end = part.end;
  }
  // Punctuation after a part at the end is removed with that part.
  if (!/^[\s.,;:!?]*$/.test(text.slice(end))) title += text.slice(end);
  if (parts.length > 0) {
    title = title
      .replace(/\(\s*\)|\[\s*\]/g, "")
      .replace(/\s+/g, " ")
      .replace(/ ([,;:!?])/g, "$1")
      .replace(/[\s,;:–-]+$/, "");
    if (parts[0]!.start === 0) title = title.replace(/^[\s,;:–-]+/, "");
  }
  return title.trim() || text.trim();
}

/** Sets the due date and the rule. If only the time of day is known, it is due at the next such time; if there is a rule, at its first occurrence. */
function setDue(result: QuickAdd, { date, time, rule }: When, now: number) {
  if (date === undefined && time === undefined && rule === undefined) return;
  const day = 86_400_000;
  const today = Math.floor(now / day) * day;
  let due = (date ?? today) + (time ?? 0) * 60_000;
  if (date === undefined && time !== undefined && due <= now) due += day;
  if (rule !== undefined) {
    result.rule = rule;
    // The interval begins with the first occurrence.
    const first = nextOccurrence(parseRule(rule.replace(/;INTERVAL=\d+/, "")), new Date(due), new Date(due - 1), "UTC");
    if (first) due = first.getTime();
  }
  const written = new Date(due).toISOString();
  result.date = written.slice(0, 10);
  if (time !== undefined) result.time = written.slice(11, 16);
}
