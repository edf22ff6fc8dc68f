import type { Task } from "@tasklane/web-contract";
import { useRef } from "react";
import { useAnnounce } from "../ui/notices";
import { DeleteTask } from "./DeleteTask";
import { leaveRow } from "./focus";
import { useUpdateTask } from "./mutations";
import { TaskTitle } from "./TaskTitle";

/** A task: done or not, its title to edit in place, and the way to the trash. */
export function TaskRow({ task }: { task: Task }) {
  const row = useRef<HTMLLIElement>(null);
  const update = useUpdateTask(task);
  const announce = useAnnounce();

  function leave(announcement: string) {
    if (row.current) leaveRow(row.current);
    announce(announcement);
  }

  function toggle() {
    leave(task.completed ? `“${task.title}” is open again.` : `“${task.title}” is completed.`);
    update.mutate({ completed: !task.completed });
  }

  return (
    <li ref={row} className={task.completed ? "task-row is-completed" : "task-row"}>
      <input type="checkbox" className="check" aria-label={task.title} checked={task.completed} onChange={toggle} />
      <TaskTitle task={task} />
      <DeleteTask task={task} onDelete={() => leave(`“${task.title}” is in the trash.`)} />
    </li>
  );
}
