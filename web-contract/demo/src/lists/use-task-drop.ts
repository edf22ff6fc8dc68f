import { useQueryClient } from "@tanstack/react-query";
import type { List, Task } from "@tasklane/web-contract";
import { cachedItem } from "@tasklane/web-contract/react";
import { useCallback } from "react";
import { useWorkspace } from "../data/workspace";
import type { Dragged } from "../drag/drag";

/** Returns a function that moves a dropped task, or all selected ones, to a list; undefined is the Inbox. */
export function useTaskDrop(list: List | undefined): (item: Dragged) => void {
  const { writes, selection } = useWorkspace();
  const queryClient = useQueryClient();
  return useCallback(
    ({ kind, id }) => {
      // A draft, and a task that is no longer in the cache, stay where they are.
      const tasks = kind === "tasks" ? selection.tasks.get() : [cachedItem(queryClient, { id } as Task)].filter(({ version }) => version > 0);
      selection.end();
      writes.putIn(tasks, list);
    },
    [writes, selection, queryClient, list],
  );
}

/** Whether a dragged item is one task or several, and not a list. */
export const isTask = ({ kind }: Dragged) => kind !== "list";
