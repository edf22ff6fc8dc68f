import type { Task } from "@tasklane/web-contract";
import { occurrences } from "@tasklane/web-contract/recurrence";
import { readFile } from "node:fs/promises";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { calendar } from "../src/task/calendar";
import { dueOn } from "../src/task/dates";
import { nextDue, nextDues } from "../src/task/occurrences";
import { commonRepeats, monthDaysOf, repeatName, repeatOf, ruleOf } from "../src/task/repeat";

vi.mock("@tasklane/web-contract/recurrence", { spy: true });

calendar.set({ timeZone: "Europe/Berlin", weekStart: "monday" });

describe("a recurrence rule", () => {
  test.for([
    ["FREQ=DAILY", "due", "Every day"],
    ["FREQ=DAILY;INTERVAL=3", "completion", "Every 3 days after completion"],
    ["FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "due", "Every weekday"],
    ["FREQ=WEEKLY;BYDAY=TU", "due", "Every Tuesday"],
    ["FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE", "due", "Every 2 weeks on Mon, Wed"],
    ["FREQ=MONTHLY", "due", "Every month"],
    ["FREQ=MONTHLY;BYMONTHDAY=22", "due", "Every month on the 22nd"],
    ["FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=1", "due", "Every month on the last day, once"],
    ["FREQ=MONTHLY;BYDAY=-1FR;COUNT=5", "due", "Every month on the last Friday, 5 times"],
    ["FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;UNTIL=20400301", "due", "Every year on Feb 29, until Mar 1, 2040"],
  ] as const)("%s, from %s, is: %s", ([rule, from, name]) => {
    expect(repeatName(rule, from)).toBe(name);
    expect(ruleOf(repeatOf(rule)!)).toBe(rule);
  });

  test("omits the day of the month if it is the due date's", () => {
    const name = (rule: string) => repeatName(rule, "due", "2026-11-24");
    expect(name("FREQ=MONTHLY;BYMONTHDAY=24;COUNT=3")).toBe("Every month, 3 times");
    expect(name("FREQ=MONTHLY;BYMONTHDAY=25")).toBe("Every month on the 25th");
    expect(name("FREQ=MONTHLY;BYMONTHDAY=-1")).toBe("Every month on the last day");
    expect(name("FREQ=YEARLY;BYMONTH=11;BYMONTHDAY=24")).toBe("Every year");
    expect(name("FREQ=YEARLY;BYMONTH=10;BYMONTHDAY=24")).toBe("Every year on Oct 24");
  });

  test("is described without BYHOUR and BYMINUTE", () => {
    expect(repeatName("FREQ=DAILY;BYHOUR=2;BYMINUTE=30", "due")).toBe("Every day");
  });

  test.for([
    "FREQ=WEEKLY;WKST=SU;BYDAY=MO",
    "FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=1",
    "FREQ=MONTHLY;BYMONTHDAY=1,15",
    "FREQ=MONTHLY;BYMONTHDAY=-2",
    "FREQ=MONTHLY;BYDAY=1MO;BYMONTHDAY=1",
    "FREQ=YEARLY;BYMONTH=3",
    "FREQ=DAILY;UNTIL=20261231T090000Z",
  ])("%s cannot be edited in the form", (rule) => {
    expect(repeatOf(rule)).toBeUndefined();
  });
});

test("the common rules come from the due date", () => {
  expect(commonRepeats("2026-11-24").map(ruleOf)).toEqual([
    "FREQ=DAILY",
    "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
    "FREQ=WEEKLY;BYDAY=TU",
    "FREQ=MONTHLY;BYMONTHDAY=24",
    "FREQ=YEARLY;BYMONTH=11;BYMONTHDAY=24",
  ]);
  expect(commonRepeats("2026-11-30").map(ruleOf)).toContain("FREQ=MONTHLY;BYMONTHDAY=-1");
  const nths = (day: string) => monthDaysOf(day).flatMap(({ nth }) => nth ?? []);
  expect([nths("2026-11-03"), nths("2026-11-24"), nths("2026-11-30")]).toEqual([["1TU"], ["4TU", "-1TU"], ["-1MO"]]);
});

describe("the cases shared with Go:", async () => {
  const table = new URL("../../../sdk/sdktest/testdata/occurrences.json", import.meta.url);
  const cases = JSON.parse(await readFile(table, "utf8")) as {
    name: string;
    zone: string;
    due: string;
    rule: string;
    from?: Task["recurrenceFrom"];
    now?: string;
    next: string[];
  }[];
  test.for(cases)("$name", ({ zone, due, rule, from = "due", now = "2026-11-24T11:00:00Z", next }) => {
    const usual = calendar.get();
    onTestFinished(() => calendar.set(usual));
    calendar.set({ ...usual, timeZone: zone });
    const date = due.includes("T") ? { dueAt: due, dueOn: null } : dueOn(due);
    const dues = nextDues({ ...date, recurrence: rule, recurrenceFrom: from }, new Date(now), { limit: 3 });
    expect(dues.map(({ dueAt, dueOn }) => dueOn ?? dueAt!.replace(".000Z", "Z"))).toEqual(next);
    for (const { dueAt, dueOn: day } of dues) if (day) expect(dueAt).toBe(dueOn(day).dueAt);
  });
});

describe("the next due date", () => {
  const task = (day: string, rule: string, time?: string, recurrenceFrom: "due" | "completion" = "due") => ({
    ...dueOn(day, time),
    recurrence: rule,
    recurrenceFrom,
  });
  const now = new Date("2026-11-24T12:00:00+01:00");

  test("is after the old one and after completion", () => {
    expect(nextDue(task("2026-11-24", "FREQ=DAILY"), now)).toEqual(dueOn("2026-11-25"));
    expect(nextDue(task("2026-11-20", "FREQ=DAILY"), now)).toEqual(dueOn("2026-11-24"));
    expect(nextDue(task("2026-11-20", "FREQ=DAILY", "11:00"), now)).toEqual(dueOn("2026-11-25", "11:00"));
    expect(nextDue(task("2026-12-31", "FREQ=MONTHLY;BYMONTHDAY=31"), now)).toEqual(dueOn("2027-01-31"));
  });

  test("is counted from the completion if the task says so", () => {
    expect(nextDue(task("2026-11-20", "FREQ=DAILY;INTERVAL=3", "", "completion"), now)).toEqual(dueOn("2026-11-27"));
    expect(nextDue(task("2026-11-30", "FREQ=WEEKLY", "09:00", "completion"), now)).toEqual(dueOn("2026-12-01", "09:00"));
  });

  test("ends when the rule ends", () => {
    expect(nextDue(task("2026-11-24", "FREQ=DAILY;COUNT=1"), now)).toBeUndefined();
    expect(nextDue(task("2026-11-24", "FREQ=DAILY;UNTIL=20261124"), now)).toBeUndefined();
    const days = (rule: string, options: object) => nextDues(task("2026-11-24", rule), now, options).map(({ dueOn }) => dueOn);
    expect(days("FREQ=DAILY", { before: "2026-11-27" })).toEqual(["2026-11-25", "2026-11-26"]);
    expect(days("FREQ=WEEKLY;BYDAY=MO,FR", { limit: 3 })).toEqual(["2026-11-27", "2026-11-30", "2026-12-04"]);
  });

  test("is searched only before the last day that is shown", () => {
    const rare = task("2026-11-24", "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29;BYDAY=WE");
    expect(nextDues(rare, now, { before: "2026-12-24" })).toEqual([]);
    const [rule] = vi.mocked(occurrences).mock.lastCall!;
    // A day ends up to a day later or earlier than in UTC.
    expect(rule.until).toEqual({ at: Date.parse("2026-12-26"), isInstant: false });
  });

  test("does not exist if the task does not recur", () => {
    expect(nextDues({ ...dueOn("2026-11-24"), recurrence: null, recurrenceFrom: "due" }, now, {})).toEqual([]);
  });
});
