import { useQueryClient } from "@tanstack/react-query";
import { itemKey } from "@tasklane/web-contract/react";
import { useMemo, type ReactNode } from "react";
import { useWorkspace } from "../data/workspace";
import { useEdgeScroll } from "../drag/drag";
import { LostEditor } from "../editor/LostEditor";
import { LoadError } from "../list/LoadError";
import { TaskListSkeleton } from "../list/TaskListSkeleton";
import { SelectionBar } from "../select/SelectionBar";
import { createDayMoves, DayContext } from "./move";
import type { useDue } from "./use-due";

interface Props {
  due: ReturnType<typeof useDue>;
  /** Whether the view shows a day. */
  isShown: (day: string) => boolean;
  children: ReactNode;
}

/** The frame of Today and Upcoming around their sections. */
export function DayFrame({ due, isShown, children }: Props) {
  const { data, tasks, error, isFetchNextPageError } = due;
  const workspace = useWorkspace();
  const queryClient = useQueryClient();
  const moves = useMemo(() => createDayMoves(workspace, isShown), [workspace, isShown]);
  useEdgeScroll();
  if (!data && error) return <LoadError what="tasks" error={error} queries={[due]} />;
  if (!data) return <TaskListSkeleton />;
  return (
    <DayContext value={moves}>
      <SelectionBar tasks={tasks} />
      <LostEditor keys={tasks.map((task) => itemKey(queryClient, task))} />
      {children}
      {isFetchNextPageError && <LoadError what="tasks" error={error} queries={[due]} />}
    </DayContext>
  );
}
