const day = 86_400_000;

const formats = new Map<string, Intl.DateTimeFormat>();

/** What clocks in a zone show at an instant: both in milliseconds since 1970, the clock as if it were in UTC. */
export function clockTime(instant: number, zone: string): number {
  if (zone === "UTC") return instant;
  let format = formats.get(zone);
  if (!format) {
    const part = "numeric";
    const parts = { year: part, month: part, day: part, hour: part, minute: part, second: part } as const;
    format = new Intl.DateTimeFormat("en", { timeZone: zone, hourCycle: "h23", calendar: "gregory", ...parts });
    formats.set(zone, format);
  }
  const shown = Object.fromEntries(format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]));
  const seconds = Date.UTC(shown["year"]!, shown["month"]! - 1, shown["day"], shown["hour"], shown["minute"], shown["second"]);
  return seconds + (((instant % 1000) + 1000) % 1000);
}

/** When clocks in a zone show a time: the first time they do, or as much later as they jump if they never do. */
export function instantOf(clock: number, zone: string): number {
  const at = (reference: number) => {
    const instant = clock - (clockTime(reference, zone) - reference);
    return { instant, isShown: clockTime(instant, zone) === clock };
  };
  const before = at(clock - day);
  if (before.isShown) return before.instant;
  const after = at(clock + day);
  return after.isShown ? after.instant : before.instant;
}
