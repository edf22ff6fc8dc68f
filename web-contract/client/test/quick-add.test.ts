import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import { parseQuickAdd, type QuickAdd } from "../src/quick-add.js";

type Case = { text: string } & Partial<Omit<QuickAdd, "parts">>;

const grammar = fileURLToPath(new URL("../../../sdk/quickadd/", import.meta.url));
const table = JSON.parse(await readFile(`${grammar}testdata/cases.json`, "utf8")) as {
  now: string;
  lists: string[];
  en: Case[];
  de: Case[];
  plain: string[];
};
const { lists } = table;
const now = new Date(table.now);

function read(text: string, options: Parameters<typeof parseQuickAdd>[1] = {}) {
  const { parts, ...task } = parseQuickAdd(text, { now, lists, recurring: true, ...options });
  return task;
}

describe.for([
  ["en", ["en", "de"]],
  ["de", ["de", "en"]],
] as const)("the table shared with Go, %s:", ([name, languages]) => {
  test.for(table[name])("$text", ({ text, ...want }) => {
    expect(read(text, { languages })).toEqual({ tags: [], ...want });
  });

  test("reads at most one plain title in fifty as something else", () => {
    const misread = table.plain.filter((text) => parseQuickAdd(text, { now, languages, recurring: true }).parts.length > 0);
    expect(misread.length, misread.join(", ")).toBeLessThanOrEqual(table.plain.length / 50);
  });
});

test.for([
  ["standup every weekday 9am", { recurring: false }, { title: "standup every weekday", date: "2026-11-27", time: "09:00" }],
  ["jeden Montag Müll", { recurring: false }, { title: "jeden Montag Müll" }],
  ["flight 3/12", { dayFirst: true }, { title: "flight", date: "2026-12-03" }],
  ["morgen anrufen", { languages: ["en"] }, { title: "morgen anrufen" }],
  ["fix tap +Home", { lists: [] }, { title: "fix tap +Home" }],
  ["call Anna tomorrow #home p1", { literal: ["tomorrow", "#home"] }, { title: "call Anna tomorrow #home", priority: "urgent" }],
] as const)("%s with %j", ([text, options, want]) => {
  expect(read(text, options)).toEqual({ tags: [], ...want });
});

test.for(["constructor", "__proto__"])("the word %s, a property of every object, is not a priority", (word) => {
  expect(read(`Fix the ${word}`)).toEqual({ title: `Fix the ${word}`, tags: [] });
});

test("parts have their positions in the text", () => {
  const text = "tomorrow call Anna #home !high at 9";
  const { parts } = parseQuickAdd(text, { now });
  expect(parts.map(({ kind, start, end }) => [kind, text.slice(start, end)])).toEqual([
    ["due", "tomorrow"],
    ["tag", "#home"],
    ["priority", "!high"],
    ["due", "at 9"],
  ]);
});

test("a sign inside a date does not end it", () => {
  const text = "Pay rent tomorrow #home 9am";
  const { title, parts } = parseQuickAdd(text, { now });
  expect(title).toBe("Pay rent");
  expect(parts.map(({ start, end }) => text.slice(start, end))).toEqual(["tomorrow", "#home", "9am"]);
  expect(read(text, { literal: ["9am"] })).toEqual({ title: "Pay rent tomorrow 9am", tags: ["home"] });
});

test("letters whose length depends on their case do not shift the parts", () => {
  const text = "İstanbul ẞ tomorrow";
  const [part] = parseQuickAdd(text, { now }).parts;
  expect(text.slice(part!.start, part!.end)).toBe("tomorrow");
});

test("days are those of the user's time zone", () => {
  const text = "Call Anna tomorrow";
  const instant = new Date("2026-11-26T23:30:00Z");
  expect(["America/New_York", "Asia/Tokyo"].map((zone) => read(text, { now: instant, zone }).date)).toEqual(["2026-11-27", "2026-11-28"]);
});

interface Random {
  text: string;
  now: string;
  languages: string[];
  recurring: boolean;
  dayFirst: boolean;
  task: { Title: string; Date: string; Time: string; Rule: string; Tags: string[] | null; Priority: string; List: string };
}

test("Go and TypeScript agree on thousands of random texts", async () => {
  const folder = await mkdtemp(join(tmpdir(), "texts-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, "texts.json");
  await promisify(execFile)("go", ["test", "-count=1", "-run=^TestParse_RandomTexts$", ".", "-write", file], { cwd: grammar });
  const { seed, texts } = JSON.parse(await readFile(file, "utf8")) as { seed: string; texts: Random[] };
  const differing = texts.flatMap(({ text, now, task, ...options }) => {
    const { title, date = "", time = "", rule = "", tags, priority = "", list = "" } = read(text, { ...options, now: new Date(now) });
    const here = [title, date, time, rule, tags.join(), priority, list];
    const there = [task.Title, task.Date, task.Time, task.Rule, (task.Tags ?? []).join(), task.Priority, task.List];
    return here.join("|") === there.join("|") ? [] : [{ text, now, options, here, there }];
  });
  expect(differing, `seed ${seed}`).toEqual([]);
  expect(texts.length).toBeGreaterThan(1000);
}, 120_000);
