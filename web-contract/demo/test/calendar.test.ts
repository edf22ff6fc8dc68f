import { expect, test } from "vitest";
import { browserCalendar, calendar, followSettings, zoneOf } from "../src/task/calendar";

test.each([
  ["Europe/Berlin", -60, "Europe/Berlin"],
  ["Asia/Calcutta", -330, "Asia/Calcutta"],
  ["UTC", 0, "UTC"],
  ["Etc/Unknown", 0, "UTC"],
  ["Etc/Unknown", -120, "Etc/GMT-2"],
  ["Etc/Unknown", 720, "Etc/GMT+12"],
  ["Etc/Unknown", -840, "Etc/GMT-14"],
  ["+05:30", -330, "Etc/GMT-5"],
  ["-03:00", 180, "Etc/GMT+3"],
  [undefined, -60, "Etc/GMT-1"],
  ["", 0, "UTC"],
])("the zone %s, %i minutes behind UTC, becomes %s", (name, minutes, zone) => {
  expect(zoneOf(name, minutes)).toBe(zone);
  expect(() => new Intl.DateTimeFormat("en", { timeZone: zone })).not.toThrow();
});

test("the calendar follows saved settings whose time zone the browser knows", () => {
  const follow = (timeZone: string, version = 2) => {
    followSettings({ id: "settings", version, timeZone, weekStart: "saturday" });
    return calendar.get();
  };
  expect(follow("Asia/Tokyo")).toEqual({ timeZone: "Asia/Tokyo", weekStart: "saturday" });
  expect(follow("Asia/Tokyo", 1)).toEqual(browserCalendar);
  expect(follow("Mars/Olympus")).toEqual(browserCalendar);
});
