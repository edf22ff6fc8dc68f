const day = 86_400_000;

const formats = new Map<string, Intl.DateTimeFormat>();

/** Returns the local time of an instant in a zone: both in milliseconds since 1970, the local time as if in UTC. */
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

/** Returns the first instant with a local time in a zone. If a clock change skips the time, the instant is moved by the gap. */
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
