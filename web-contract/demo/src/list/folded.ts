import { readItem, writeItem } from "../ui/storage";
import { createStore } from "../ui/store";

const storageKey = "tasklane.folded";

/** The maximum number of stored ids. */
const most = 500;

/** The ids of the tasks whose sub-tasks are hidden in this browser. */
export const folded = createStore<ReadonlySet<string>>(new Set(readItem(storageKey)?.split(" ")));

/** Hides the sub-tasks of a task, or shows them. */
export function fold(id: string, isFolded: boolean): void {
  const others = [...folded.get()].filter((other) => other !== id);
  const ids = isFolded ? [...others, id].slice(-most) : others;
  folded.set(new Set(ids));
  writeItem(storageKey, ids.join(" "));
}
