import { createStore } from "../ui/store";

/** What reads new tasks. It is not part of the page's first script; until it is there, a title is only a title. */
export const quickAdd = createStore<typeof import("./quick-add") | undefined>(undefined);

export async function loadQuickAdd(): Promise<void> {
  quickAdd.set(await import("./quick-add").catch(() => undefined));
}
