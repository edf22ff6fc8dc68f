import type { Task } from "@tasklane/web-contract";
import { useEffect, useId, useRef } from "react";
import { runKey } from "../app/shortcuts";
import { useWorkspace } from "../data/workspace";
import { TrashIcon } from "../ui/icons";
import { leaveRow } from "./focus";
import { TaskMeta } from "./TaskMeta";

interface Props {
  task: Task;
  /** Whether the day that it is due goes without saying. */
  hideDay: boolean;
  /** Whether the task is picked; undefined while nobody is picking. */
  picked: boolean | undefined;
  onPick: () => void;
}

/** A task: done or not, what it says, and the way to the trash. */
export function TaskRow({ task, hideDay, picked, onPick }: Props) {
  const row = useRef<HTMLDivElement>(null);
  const opener = useRef<HTMLButtonElement>(null);
  const metaId = useId();
  const { writes, edits, drafts } = useWorkspace();
  const picking = picked !== undefined;
  const pickLabel = `Select “${task.title}”`;

  // After an edit the focus is where it began.
  useEffect(() => {
    if (drafts.takeReturn(task.id)) opener.current?.focus({ preventScroll: true });
  }, [drafts, task.id]);

  function leaving(write: (task: Task) => void) {
    if (row.current) leaveRow(row.current);
    write(task);
  }

  const complete = () => leaving(writes.complete);
  const remove = () => leaving(writes.remove);
  const keys: Record<string, () => void> = {
    e: () => edits.begin(task),
    x: onPick,
    // While tasks are picked, these keys are for all of them.
    ...(!picking && { c: complete, Delete: remove, Backspace: remove }),
  };

  return (
    <div
      ref={row}
      className={`task-row${task.completed ? " is-completed" : ""}${picked ? " is-picked" : ""}`}
      onKeyDown={(event) => runKey(keys, event)}
    >
      <input
        type="checkbox"
        className={picking ? "check is-pick" : "check"}
        data-control="check"
        aria-label={picking ? pickLabel : task.title}
        aria-describedby={metaId}
        checked={picking ? picked : task.completed}
        onChange={picking ? onPick : complete}
      />
      <div className="task-text">
        <button
          ref={opener}
          type="button"
          className="task-open"
          data-control="open"
          tabIndex={picking ? -1 : undefined}
          aria-label={picking ? pickLabel : `Edit “${task.title}”`}
          aria-describedby={metaId}
          onClick={() => (picking ? onPick() : edits.begin(task))}
        >
          <span className="task-title" dir="auto">{task.title}</span>
        </button>
        <TaskMeta id={metaId} task={task} hideDay={hideDay} />
      </div>
      {!picking && (
        <button
          type="button"
          className="button icon-only"
          data-control="delete"
          aria-label={`Delete “${task.title}”`}
          onClick={remove}
        >
          <TrashIcon />
        </button>
      )}
    </div>
  );
}
