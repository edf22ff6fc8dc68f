/** Remembers a choice on this device. One that the browser cannot store lasts as long as the page. */
export function remember(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // The storage is full or blocked.
  }
}
