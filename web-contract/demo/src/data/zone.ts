/**
 * Returns the browser's time zone, or the one of its offset from UTC where the
 * browser has no name for it: some report Etc/Unknown, some an offset.
 */
export function zoneOf(name: string | undefined, minutesBehindUTC: number): string {
  if (name && name !== "Etc/Unknown" && !/^[+-]/.test(name)) return name;
  const hours = Math.round(minutesBehindUTC / 60);
  return hours === 0 ? "UTC" : `Etc/GMT${hours > 0 ? "+" : ""}${hours}`;
}
