import { useMemo, type ReactNode } from "react";
import { useWorkspace } from "../data/workspace";
import { useEdgeScroll } from "../drag/drag";
import { LostEditor } from "../editor/LostEditor";
import { LoadError } from "../list/LoadError";
import { TaskListSkeleton } from "../list/TaskListSkeleton";
import { SelectionBar } from "../select/SelectionBar";
import { createDayMove, DayContext } from "./move";
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
  const move = useMemo(() => createDayMove(workspace, isShown), [workspace, isShown]);
  useEdgeScroll();
  if (!data && error) return <LoadError what="tasks" error={error} queries={[due]} />;
  if (!data) return <TaskListSkeleton />;
  return (
    <DayContext value={move}>
      <SelectionBar tasks={tasks} />
      <LostEditor tasks={tasks} />
      {children}
      {isFetchNextPageError && <LoadError what="tasks" error={error} queries={[due]} />}
    </DayContext>
  );
}
