import type { Task } from "@tasklane/web-contract";
import { useRef } from "react";
import { useWorkspace } from "../data/workspace";
import { leaveRow } from "../list/focus";
import { daysAgo } from "../task/dates";
import { RestoreIcon, TrashIcon } from "../ui/icons";

/** A task in the trash, with buttons to restore and to erase it. */
export function TrashRow({ task, onErase }: { task: Task; onErase: (row: HTMLElement) => void }) {
  const row = useRef<HTMLDivElement>(null);
  const { writes } = useWorkspace();

  function restore() {
    if (row.current) leaveRow(row.current);
    writes.restore(task);
  }

  return (
    <div ref={row} className="trash-row">
      <p className="trash-text">
        <span className="task-title" dir="auto">{task.title}</span>
        <span className="task-meta">Deleted {task.deletedAt && daysAgo(task.deletedAt)}</span>
      </p>
      <button
        type="button"
        className="button quiet"
        data-control="check"
        aria-label={`Restore “${task.title}”`}
        onClick={restore}
      >
        <RestoreIcon />
        <span className="wide-only">Restore</span>
      </button>
      <button
        type="button"
        className="button icon-only"
        data-control="erase"
        aria-label={`Erase “${task.title}” permanently`}
        onClick={() => row.current && onErase(row.current)}
      >
        <TrashIcon />
      </button>
    </div>
  );
}
