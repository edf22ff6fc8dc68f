import { describe, expect, test } from "vitest";
import { addDays, dateField, dayName, daysAgo, dueName, dueOn, readDate, timeField } from "../src/task/dates";

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
    expect(dueName(due, now)).toBe("Nov 30, 09:05");
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
    expect(dayName(moment, now)).toBe(name);
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
