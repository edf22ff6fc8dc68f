import { createStore } from "../ui/store";

/** What knows when recurring tasks are due next. It is not part of the page's first script. */
export const recurrence = createStore<typeof import("./occurrences") | undefined>(undefined);

export async function loadRecurrence(): Promise<void> {
  recurrence.set(await import("./occurrences").catch(() => undefined));
}
