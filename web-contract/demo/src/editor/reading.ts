import { loadPart } from "../ui/load";
import { createStore } from "../ui/store";

/** The parser of quick add. It is not part of the page's first script; until it is loaded, titles are not parsed. */
export const quickAdd = createStore<typeof import("./quick-add") | undefined>(undefined);

export async function loadQuickAdd(): Promise<void> {
  quickAdd.set(await loadPart(() => import("./quick-add")).catch(() => undefined));
}
