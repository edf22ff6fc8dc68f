import { afterEach, describe, expect, test } from "vitest";
import { calendar } from "../src/task/calendar";
import { addDays, addMonths, dayAt, dayName, dayOf, daysAgo, dueName, dueOn, nextTime, readDate, shortDate, startOf, startOfWeek, timeOf } from "../src/task/dates";

const zone = "America/New_York";
const inZone = (timeZone: string) => calendar.set({ timeZone, weekStart: "monday" });
inZone(zone);
afterEach(() => inZone(zone));

const today = "2026-11-23";
const now = new Date("2026-11-23T15:30:00-05:00");

describe("a due date", () => {
  test("without a time is the end of the day in the user's zone", () => {
    const due = dueOn("2026-11-30");
    expect(due).toEqual({ dueAt: "2026-12-01T04:59:59.000Z", dueOn: "2026-11-30" });
    expect([dayOf(due), timeOf(due)]).toEqual(["2026-11-30", ""]);
  });

  test("with a time keeps it", () => {
    const due = dueOn("2026-11-30", "23:59");
    expect(due).toEqual({ dueAt: "2026-12-01T04:59:00.000Z", dueOn: null });
    expect([dayOf(due), timeOf(due)]).toEqual(["2026-11-30", "23:59"]);
  });

  test.for([
    ["en-US", "Nov 30, 9:05 AM", "Sunday, 5:00 PM", "Mon, Nov 30"],
    ["en-GB", "30 Nov, 09:05", "Sunday, 17:00", "Mon 30 Nov"],
    ["de-DE", "30. Nov., 09:05", "Sonntag, 17:00", "Mo., 30. Nov."],
  ] as const)("is formatted for %s", ([locale, morning, evening, date]) => {
    const written = [
      dueName(dueOn("2026-11-30", "09:05"), now, locale),
      dueName(dueOn("2026-11-29", "17:00"), now, locale),
      shortDate("2026-11-30", true, locale),
    ];
    // Some locales have a narrow space before AM and PM.
    expect(written.map((text) => text.replaceAll("\u202f", " "))).toEqual([morning, evening, date]);
  });

  test("with only a time is the next such time", () => {
    expect([nextTime("15:31", now), nextTime("15:30", now), nextTime("00:00", now)]).toEqual([
      dueOn(today, "15:31"),
      dueOn("2026-11-24", "15:30"),
      dueOn("2026-11-24", "00:00"),
    ]);
  });

  test.for([
    ["Yesterday", "2026-11-22"],
    ["Today", today],
    ["Tomorrow", "2026-11-24"],
    ["Sunday", "2026-11-29"],
    ["Nov 30", "2026-11-30"],
    ["Nov 20", "2026-11-20"],
    ["Jan 1, 2027", "2027-01-01"],
  ] as const)("is called %s", ([name, day]) => {
    expect(dayName(day, now, "en")).toBe(name);
  });

  test("is counted in calendar days", () => {
    expect([addDays("2026-12-31", 1), addDays("2026-03-01", -1)]).toEqual(["2027-01-01", "2026-02-28"]);
    const ago = (days: number) => daysAgo(new Date(now.getTime() - days * 86_400_000).toISOString(), now);
    expect([ago(0), ago(1), ago(9)]).toEqual(["today", "yesterday", "9 days ago"]);
  });
});

test.for([
  ["monday", "2026-11-23", "2026-11-16"],
  ["sunday", "2026-11-22", "2026-11-22"],
  ["saturday", "2026-11-21", "2026-11-21"],
] as const)("a week starts on %s", ([weekStart, monday, sunday]) => {
  calendar.set({ timeZone: zone, weekStart });
  expect([startOfWeek("2026-11-23"), startOfWeek("2026-11-22")]).toEqual([monday, sunday]);
});

test("adding months stays within the length of the month", () => {
  expect([addMonths("2026-01-31", 1), addMonths("2026-03-31", -1), addMonths("2026-12-15", 1), addMonths("2026-01-15", -13)]).toEqual([
    "2026-02-28",
    "2026-02-28",
    "2027-01-15",
    "2024-12-15",
  ]);
});

test.for([
  ["UTC", "2026-11-23", "2026-11-23T00:00:00Z"],
  ["Pacific/Kiritimati", "2026-11-24", "2026-11-23T10:00:00Z"],
  ["Asia/Kathmandu", "2026-11-24", "2026-11-23T18:15:00Z"],
])("a day in %s begins at its first moment there", ([timeZone, day, begin]) => {
  inZone(timeZone!);
  expect(dayAt(now)).toBe(day);
  expect(startOf(day!)).toEqual(new Date(begin!));
});

test("a day ends when the next begins, also when the clocks change", () => {
  inZone("America/Havana");
  expect(dueOn("2026-03-07").dueAt).toBe("2026-03-08T04:59:59.000Z");
  expect(dueOn("2026-03-08").dueAt).toBe("2026-03-09T03:59:59.000Z");
});

test("an incomplete date field holds no date", () => {
  expect(["", "0002-05-07", "2031-05", "9999-01-01"].map(readDate)).toEqual([undefined, undefined, undefined, undefined]);
  expect(readDate("2031-05-07")).toBe("2031-05-07");
});
