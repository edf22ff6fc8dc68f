import { readItem, writeItem } from "../ui/storage";
import { createStore } from "../ui/store";

const storageKey = "tasklane.collapsed";

/** The maximum number of stored ids. */
const maxIds = 500;

/** The ids of the tasks whose sub-tasks are hidden in this browser. */
export const collapsed = createStore<ReadonlySet<string>>(new Set(readItem(storageKey)?.split(" ")));

/** Hides the sub-tasks of a task, or shows them. */
export function setCollapsed(id: string, isCollapsed: boolean): void {
  const others = [...collapsed.get()].filter((other) => other !== id);
  const ids = isCollapsed ? [...others, id].slice(-maxIds) : others;
  collapsed.set(new Set(ids));
  writeItem(storageKey, ids.join(" "));
}
