import { describe, expect, test } from "vitest";
import { addDays, dateField, dayName, daysAgo, dueName, dueOn, nextTime, readDate, shortDate, timeField } from "../src/task/dates";

const now = new Date(2026, 10, 23, 15, 30);
const day = (month: number, date: number, year = 2026) => new Date(year, month - 1, date, 12);

describe("a due date", () => {
  test("without a time of day is the end of the day", () => {
    const due = dueOn(day(11, 30));
    expect(new Date(due)).toEqual(new Date(2026, 10, 30, 23, 59));
    expect([dateField(due), timeField(due)]).toEqual(["2026-11-30", ""]);
  });

  test("with a time of day keeps it", () => {
    const due = dueOn(day(11, 30), "09:05");
    expect([dateField(due), timeField(due)]).toEqual(["2026-11-30", "09:05"]);
  });

  test.for([
    ["en-US", "Nov 30, 9:05 AM", "Sunday, 5:00 PM", "Mon, Nov 30"],
    ["en-GB", "30 Nov, 09:05", "Sunday, 17:00", "Mon 30 Nov"],
    ["de-DE", "30. Nov., 09:05", "Sonntag, 17:00", "Mo., 30. Nov."],
  ] as const)("is written as in %s", ([locale, morning, evening, date]) => {
    const written = [
      dueName(dueOn(day(11, 30), "09:05"), now, locale),
      dueName(dueOn(day(11, 29), "17:00"), now, locale),
      shortDate(day(11, 30), true, locale),
    ];
    // Some locales have a narrow space before AM and PM.
    expect(written.map((text) => text.replaceAll("\u202f", " "))).toEqual([morning, evening, date]);
  });

  test("of a time alone is the next such time", () => {
    expect([nextTime("15:31", now), nextTime("15:30", now), nextTime("00:00", now)]).toEqual([
      dueOn(day(11, 23), "15:31"),
      dueOn(day(11, 24), "15:30"),
      dueOn(day(11, 24), "00:00"),
    ]);
  });

  test.for([
    ["Yesterday", day(11, 22)],
    ["Today", day(11, 23)],
    ["Tomorrow", day(11, 24)],
    ["Sunday", day(11, 29)],
    ["Nov 30", day(11, 30)],
    ["Nov 20", day(11, 20)],
    ["Jan 1, 2027", day(1, 1, 2027)],
  ] as const)("is called %s", ([name, moment]) => {
    expect(dayName(moment, now, "en")).toBe(name);
  });

  test("is counted in days of the calendar", () => {
    expect(addDays(new Date(2026, 11, 31), 1)).toEqual(new Date(2027, 0, 1));
    expect([0, -1, -9].map((days) => daysAgo(addDays(now, days).toISOString(), now))).toEqual([
      "today",
      "yesterday",
      "9 days ago",
    ]);
  });
});

test("a date field that is not filled yet holds no date", () => {
  expect(["", "0002-05-07", "2031-05"].map(readDate)).toEqual([undefined, undefined, undefined]);
  expect(readDate("2031-05-07")).toEqual(new Date(2031, 4, 7));
});
