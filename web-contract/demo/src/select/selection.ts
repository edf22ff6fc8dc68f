import type { Task } from "@tasklane/web-contract";
import { createStore } from "../ui/store";

/** The selection of tasks, on which one action can be run at once. */
export function createSelection() {
  const keys = createStore<ReadonlySet<string> | undefined>(undefined);
  return {
    /** The keys of the selected tasks; undefined while no selection is active. */
    keys,
    /** The selected tasks that the view shows; actions on the selection apply to these. */
    tasks: createStore<readonly Task[]>([]),
    start: () => keys.set(new Set()),
    end: () => keys.set(undefined),
    /** Selects or deselects a task. */
    toggle(key: string) {
      const next = new Set(keys.get());
      if (!next.delete(key)) next.add(key);
      keys.set(next);
    },
  };
}
