import { useQueryClient } from "@tanstack/react-query";
import type { List, Task } from "@tasklane/web-contract";
import { latest } from "@tasklane/web-contract/react";
import { useCallback } from "react";
import { useWorkspace } from "../data/workspace";

/** Returns what puts a task that is dropped on a list into it; undefined is the Inbox. */
export function useTaskDrop(list: List | undefined): (item: { id: string }) => void {
  const { writes } = useWorkspace();
  const queryClient = useQueryClient();
  return useCallback(({ id }) => writes.putIn([latest(queryClient, { id } as Task)], list), [writes, queryClient, list]);
}
