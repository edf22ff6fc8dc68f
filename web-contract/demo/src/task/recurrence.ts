import { loadPart } from "../ui/load";
import { createStore } from "../ui/store";

/** The code that computes the next due dates. It is not part of the page's first script. */
export const recurrence = createStore<typeof import("./occurrences") | undefined>(undefined);

export async function loadRecurrence(): Promise<void> {
  recurrence.set(await loadPart(() => import("./occurrences")).catch(() => undefined));
}
