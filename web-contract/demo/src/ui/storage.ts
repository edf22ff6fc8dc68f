// Access to the browser's storage. If that is full or blocked, nothing fails, and values last only as long as the page.

type Place = "localStorage" | "sessionStorage";

/** Returns the value stored under a key, on this device or in this tab. */
export function readItem(key: string, place: Place = "localStorage"): string | undefined {
  try {
    return globalThis[place].getItem(key) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Stores a value, or removes it if it is undefined. Reports whether that worked. */
export function writeItem(key: string, value: string | undefined, place: Place = "localStorage"): boolean {
  try {
    if (value === undefined) globalThis[place].removeItem(key);
    else globalThis[place].setItem(key, value);
    return true;
  } catch {
    return false;
  }
}

/** Returns the keys with a prefix that are stored on this device. */
export function storedKeys(prefix: string): string[] {
  try {
    return Object.keys(localStorage).filter((key) => key.startsWith(prefix));
  } catch {
    return [];
  }
}

/** Returns a map that lasts as long as the tab, also after a reload. */
export function tabMap<Value>(key: string): Map<string, Value> {
  const map = new Map(JSON.parse(readItem(key, "sessionStorage") ?? "[]") as [string, Value][]);
  addEventListener("pagehide", () => writeItem(key, JSON.stringify([...map]), "sessionStorage"));
  return map;
}
