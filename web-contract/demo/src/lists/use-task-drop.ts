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
      const tasks = kind === "tasks" ? selection.chosen.get() : [cachedItem(queryClient, { id } as Task)].filter(({ version }) => version > 0);
      selection.end();
      writes.putIn(tasks, list);
    },
    [writes, selection, queryClient, list],
  );
}

/** Whether it can be dropped on a list. */
export const isTask = ({ kind }: Dragged) => kind !== "list";
