import { useQueryClient } from "@tanstack/react-query";
import { itemKey } from "@tasklane/web-contract/react";
import { useMemo, type ReactNode } from "react";
import { reason } from "../data/messages";
import { useWorkspace } from "../data/workspace";
import { useEdgeScroll } from "../drag/drag";
import { LostEditor } from "../editor/LostEditor";
import { TaskListSkeleton } from "../list/TaskListSkeleton";
import { SelectionBar } from "../select/SelectionBar";
import { ErrorState } from "../ui/ErrorState";
import { createDayMoves, DayContext } from "./move";
import type { useDue } from "./use-due";

interface Props {
  due: ReturnType<typeof useDue>;
  /** Whether the view shows a day. */
  isShown: (day: string) => boolean;
  children: ReactNode;
}

/** The frame of Today and Upcoming around their sections. */
export function DayFrame({ due: { data, tasks, error, refetch }, isShown, children }: Props) {
  const workspace = useWorkspace();
  const queryClient = useQueryClient();
  const moves = useMemo(() => createDayMoves(workspace, isShown), [workspace, isShown]);
  useEdgeScroll();
  if (!data && error) {
    return (
      <ErrorState
        title="Your tasks could not be loaded."
        detail={reason(error)}
        action="Try again"
        onAction={() => void refetch()}
      />
    );
  }
  if (!data) return <TaskListSkeleton />;
  return (
    <DayContext value={moves}>
      <SelectionBar tasks={tasks} />
      <LostEditor keys={tasks.map((task) => itemKey(queryClient, task))} />
      {children}
    </DayContext>
  );
}
