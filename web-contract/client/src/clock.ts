const day = 86_400_000;

/** The formats by zone, because creating one is slow. */
const formats = new Map<string, Intl.DateTimeFormat>();

/**
 * Returns the local time in a zone at an instant, in milliseconds since 1970. A local time is
 * given as the instant at which a clock in UTC shows it.
 */
export function localTimeOf(instant: number, zone: string): number {
  if (zone === "UTC") return instant;
  let format = formats.get(zone);
  if (!format) {
    const part = "numeric";
    const parts = { year: part, month: part, day: part, hour: part, minute: part, second: part } as const;
    format = new Intl.DateTimeFormat("en", { timeZone: zone, hourCycle: "h23", calendar: "gregory", ...parts });
    formats.set(zone, format);
  }
  const local = Object.fromEntries(format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]));
  const seconds = Date.UTC(local["year"]!, local["month"]! - 1, local["day"], local["hour"], local["minute"], local["second"]);
  return seconds + (((instant % 1000) + 1000) % 1000);
}

/** Returns the first instant with a local time in a zone. If a clock change skips the time, it moves by the length of the gap: 02:30 becomes 03:30. */
export function instantOf(localTime: number, zone: string): number {
  /** Returns the instant if the zone's offset is that at the reference, and whether it has the local time. */
  const candidate = (reference: number) => {
    const instant = localTime - (localTimeOf(reference, zone) - reference);
    return { instant, exists: localTimeOf(instant, zone) === localTime };
  };
  const before = candidate(localTime - day);
  if (before.exists) return before.instant;
  const after = candidate(localTime + day);
  return after.exists ? after.instant : before.instant;
}
