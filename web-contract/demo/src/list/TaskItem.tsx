import { useQueryClient } from "@tanstack/react-query";
import type { Task } from "@tasklane/web-contract";
import { itemKey } from "@tasklane/web-contract/react";
import { memo } from "react";
import { useWorkspace } from "../data/workspace";
import { TaskEditor } from "../editor/TaskEditor";
import { useStorePart } from "../ui/store";
import { TaskRow } from "./TaskRow";

interface Props {
  task: Task;
  /** Whether to hide the day of the due date. */
  hideDay?: boolean;
  /** The list of all surrounding rows: its id, or inbox. */
  list?: string | undefined;
  /** The number of levels above it. */
  depth?: number;
  /** How many of the loaded sub-tasks are completed, how many there are, and whether some may not be loaded. */
  done?: number;
  all?: number;
  isPart?: boolean;
  /** Whether its sub-tasks are hidden; undefined without sub-tasks. */
  isFolded?: boolean | undefined;
}

/** A task of a list: its row, or the editor in its place. It renders again only when the task changes, not when the list scrolls. */
export const TaskItem = memo(function TaskItem({ task, hideDay = false, list, depth = 0, done = 0, all = 0, isPart = false, isFolded }: Props) {
  const { drafts, selection } = useWorkspace();
  const queryClient = useQueryClient();
  const key = itemKey(queryClient, task);
  const editing = useStorePart(drafts.edit, (edit) => edit !== undefined && itemKey(queryClient, edit.base) === key);
  const picked = useStorePart(selection.picked, (keys) => keys?.has(key));
  if (editing) return <TaskEditor task={task} />;
  return <TaskRow task={task} hideDay={hideDay} list={list} depth={depth} done={done} all={all} isPart={isPart} isFolded={isFolded} picked={picked} onPick={() => selection.toggle(key)} />;
});
