import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import { nextOccurrence, occurrences, parseRule, RuleError } from "../src/recurrence.js";

const goPackage = fileURLToPath(new URL("../../../sdk/recurrence/", import.meta.url));

interface Accepted {
  name: string;
  zone: string;
  start: string;
  rule: string;
  occurrences?: string[];
  instants?: string[];
  total?: number;
}

const table = JSON.parse(await readFile(`${goPackage}testdata/rules.json`, "utf8")) as {
  accepted: Accepted[];
  rejected: [rule: string, error: string][];
};

const format = (instant: Date) => instant.toISOString().replace(".000Z", "Z");

/** Returns the local time in a zone, such as 2026-11-26T09:00:00. */
function localTimeOf(instant: Date, zone: string): string {
  const swedish = new Intl.DateTimeFormat("sv", { timeZone: zone, dateStyle: "short", timeStyle: "medium" });
  return swedish.format(instant).replace(" ", "T");
}

/** Returns the instant of a local time, which must be neither skipped nor repeated by a clock change. */
function instantOf(localTime: string, zone: string): Date {
  const guess = new Date(`${localTime}Z`);
  const offset = Date.parse(`${localTimeOf(guess, zone)}Z`) - guess.getTime();
  const instant = new Date(guess.getTime() - offset);
  return new Date(instant.getTime() - (Date.parse(`${localTimeOf(instant, zone)}Z`) - guess.getTime()));
}

function take(dates: Iterable<Date>, limit: number): Date[] {
  const found: Date[] = [];
  for (const occurrence of dates) {
    if (found.push(occurrence) === limit) break;
  }
  return found;
}

describe("the table shared with Go:", () => {
  test.for(table.accepted)("$name", ({ zone, start, rule, total, ...want }) => {
    const parsed = parseRule(rule);
    const from = instantOf(start, zone);
    const got = take(occurrences(parsed, from, zone), 1000);
    const length = (want.instants ?? want.occurrences!).length;
    if (want.instants) expect(got.map(format)).toEqual(want.instants);
    else expect(got.slice(0, length).map((occurrence) => localTimeOf(occurrence, zone))).toEqual(want.occurrences);
    if (total) expect(got.length).toBe(total);
    let after = new Date(from.getTime() - 1000);
    for (const occurrence of got.slice(0, 30)) {
      expect(nextOccurrence(parsed, from, after, zone)).toEqual(occurrence);
      after = occurrence;
    }
    if (total && total <= 30) expect(nextOccurrence(parsed, from, after, zone)).toBeUndefined();
  });

  test.for(table.rejected)("%s is rejected", ([rule, error]) => {
    expect(() => parseRule(rule)).toThrow(new RuleError(error));
  });
});

test("Go and TypeScript agree on thousands of random rules", async () => {
  const folder = await mkdtemp(join(tmpdir(), "rules-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, "rules.json");
  await promisify(execFile)("go", ["test", "-count=1", "-run=^TestRandomRules$", ".", "-write", file], { cwd: goPackage });
  const { seed, rules } = JSON.parse(await readFile(file, "utf8")) as {
    seed: string;
    rules: { zone: string; start: string; after: string; rule: string; instants: string[]; next: string; error: string }[];
  };
  // Go writes nothing after 2024, by the zone's calendar. So the next occurrence is compared only if it is before the last day of 2024 in UTC.
  const differing = rules.filter(({ zone, start, after, rule, instants, next, error }) => {
    try {
      const parsed = parseRule(rule);
      const got = take(occurrences(parsed, new Date(start), zone), Math.max(instants.length, 1)).map(format);
      const following = nextOccurrence(parsed, new Date(start), new Date(after), zone);
      const known = following && format(following) < "2024-12-31" ? format(following) : "";
      return error !== "" || (instants.length > 0 && got.join() !== instants.join()) || (next < "2024-12-31" && known !== next);
    } catch (thrown) {
      return (thrown as Error).message !== error;
    }
  });
  expect(differing, `seed ${seed}`).toEqual([]);
  expect(rules.filter(({ instants }) => instants.length > 0).length).toBeGreaterThan(rules.length / 2);
}, 120_000);

test("a start in the second pass of a repeated hour counts as in the first", () => {
  const [first, second] = [new Date("2026-10-25T00:30:00Z"), new Date("2026-10-25T01:30:00Z")];
  expect(localTimeOf(first, "Europe/Berlin")).toBe(localTimeOf(second, "Europe/Berlin"));
  const rule = parseRule("FREQ=DAILY;COUNT=2");
  const next = new Date("2026-10-26T01:30:00Z");
  for (const start of [first, second]) expect([...occurrences(rule, start, "Europe/Berlin")]).toEqual([first, next]);
});

test("the search ends with the end of the rule", () => {
  let reads = 0;
  const rare = new Proxy(parseRule("FREQ=DAILY;UNTIL=20261226;BYMONTH=2;BYMONTHDAY=29;BYDAY=WE"), {
    get: (rule, name) => (reads++, Reflect.get(rule, name)),
  });
  expect([...occurrences(rare, new Date("2026-11-24T00:00:00Z"), "UTC")]).toEqual([]);
  // A few reads for each of the 33 days until the end, not for the thousands of days until such a date.
  expect(reads).toBeLessThan(33 * 20);
});
