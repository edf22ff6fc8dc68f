import type { Settings } from "@tasklane/web-contract";
import { localTimeOf } from "@tasklane/web-contract/clock";
import { createStore } from "../ui/store";

/**
 * Returns the browser's time zone. If the browser reports Etc/Unknown or only an offset,
 * it is the Etc/GMT zone of that offset, rounded to whole hours; Etc/GMT+5 is behind UTC.
 */
export function zoneOf(name: string | undefined, minutesBehindUTC: number): string {
  if (name && name !== "Etc/Unknown" && !/^[+-]/.test(name)) return name;
  const hours = Math.round(minutesBehindUTC / 60);
  return hours === 0 ? "UTC" : `Etc/GMT${hours > 0 ? "+" : ""}${hours}`;
}

type Calendar = Pick<Settings, "timeZone" | "weekStart">;

/** The first day of the week in the browser's locale; Monday if the browser does not know it. */
function localeWeekStart(): Calendar["weekStart"] {
  type WeekLocale = Intl.Locale & { weekInfo?: { firstDay: number }; getWeekInfo?: () => { firstDay: number } };
  const locale: WeekLocale = new Intl.Locale(Intl.DateTimeFormat().resolvedOptions().locale);
  const { firstDay } = locale.getWeekInfo?.() ?? locale.weekInfo ?? { firstDay: 1 };
  return ({ 6: "saturday", 7: "sunday" } as const)[firstDay] ?? "monday";
}

/** The browser's time zone and week start. */
export const browserCalendar: Calendar = {
  timeZone: zoneOf(Intl.DateTimeFormat().resolvedOptions().timeZone, new Date().getTimezoneOffset()),
  weekStart: localeWeekStart(),
};

/** The user's time zone and week start: those of the settings, once they are loaded, if the user has saved any. */
export const calendar = createStore(browserCalendar);

/** Sets the calendar to the user's settings, or to the browser's if the user has saved none. Returns whether it has changed. */
export function followSettings(settings: Settings | null | undefined): boolean {
  const { timeZone, weekStart } = settings && settings.version > 1 && isKnown(settings.timeZone) ? settings : browserCalendar;
  const before = calendar.get();
  if (before.timeZone === timeZone && before.weekStart === weekStart) return false;
  calendar.set({ timeZone, weekStart });
  return true;
}

/** Whether the browser knows a time zone. Old browsers lack the newest zones. */
export function isKnown(timeZone: string): boolean {
  try {
    localTimeOf(0, timeZone);
    return true;
  } catch {
    return false;
  }
}
