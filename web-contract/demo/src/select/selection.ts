import type { Task } from "@tasklane/web-contract";
import { createStore } from "../ui/store";

/** The keys of the selected tasks; undefined while no selection is active. */
export function createSelection() {
  const picked = createStore<ReadonlySet<string> | undefined>(undefined);
  return {
    picked,
    /** The selected tasks that the view shows; actions on the selection apply to these. */
    chosen: createStore<readonly Task[]>([]),
    begin: () => picked.set(new Set()),
    end: () => picked.set(undefined),
    pickAll: (keys: Iterable<string>) => picked.set(new Set(keys)),
    /** Selects or deselects a task. */
    toggle(key: string) {
      const next = new Set(picked.get());
      if (!next.delete(key)) next.add(key);
      picked.set(next);
    },
  };
}
