import type { Task } from "@tasklane/web-contract";
import { createStore } from "../ui/store";

/** The keys of the tasks that were picked; undefined while nobody is picking. */
export function createSelection() {
  const picked = createStore<ReadonlySet<string> | undefined>(undefined);
  return {
    picked,
    /** Those of them that the view shows, which all that is done with a selection is for. */
    chosen: createStore<readonly Task[]>([]),
    begin: () => picked.set(new Set()),
    end: () => picked.set(undefined),
    pickAll: (keys: Iterable<string>) => picked.set(new Set(keys)),
    /** Picks a task, or puts it back. */
    toggle(key: string) {
      const next = new Set(picked.get());
      if (!next.delete(key)) next.add(key);
      picked.set(next);
    },
  };
}

export type Selection = ReturnType<typeof createSelection>;
