import { useQueryClient } from "@tanstack/react-query";
import { itemKey } from "@tasklane/web-contract/react";
import { memo } from "react";
import { useWorkspace } from "../data/workspace";
import { TaskEditor } from "../editor/TaskEditor";
import { useStorePart } from "../ui/store";
import { TaskRow, type Props } from "./TaskRow";

/** A task of a list: its row, or the editor in its place. It renders again only when the task changes, not when the list scrolls. */
export const TaskItem = memo(function TaskItem(props: Omit<Props, "isSelected" | "onSelect">) {
  const { task } = props;
  const { drafts, selection } = useWorkspace();
  const queryClient = useQueryClient();
  const key = itemKey(queryClient, task);
  const editing = useStorePart(drafts.edit, (edit) => edit !== undefined && itemKey(queryClient, edit.base) === key);
  const isSelected = useStorePart(selection.keys, (keys) => keys?.has(key));
  if (editing) return <TaskEditor task={task} />;
  return <TaskRow {...props} isSelected={isSelected} onSelect={() => selection.toggle(key)} />;
});
