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
  /** Whether the day that it is due goes without saying. */
  hideDay?: boolean;
  /** The list that all rows around are in: its id, or inbox. */
  list?: string | undefined;
  /** How many tasks it is shown below. */
  depth?: number;
  /** How many of its sub-tasks that are loaded are completed, of how many, and whether there may be others. */
  done?: number;
  all?: number;
  isPart?: boolean;
  /** Whether the sub-tasks below it are hidden; undefined where there are none. */
  isFolded?: boolean | undefined;
}

/** A task of a list: its row, or the editor in its place. Drawn anew only for another state of the task, however much the list scrolls. */
export const TaskItem = memo(function TaskItem({ task, hideDay = false, list, depth = 0, done = 0, all = 0, isPart = false, isFolded }: Props) {
  const { drafts, selection } = useWorkspace();
  const queryClient = useQueryClient();
  const key = itemKey(queryClient, task);
  const editing = useStorePart(drafts.edit, (edit) => edit !== undefined && itemKey(queryClient, edit.base) === key);
  const picked = useStorePart(selection.picked, (keys) => keys?.has(key));
  if (editing) return <TaskEditor task={task} />;
  return <TaskRow task={task} hideDay={hideDay} list={list} depth={depth} done={done} all={all} isPart={isPart} isFolded={isFolded} picked={picked} onPick={() => selection.toggle(key)} />;
});
