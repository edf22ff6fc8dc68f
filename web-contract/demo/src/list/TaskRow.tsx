import { useEffect, useId, useRef } from "react";
import { useWorkspace } from "../data/workspace";
import { ChevronIcon, GripIcon, TrashIcon } from "../ui/icons";
import { lazy } from "../ui/lazy";
import { narrow } from "../ui/media";
import { useStore } from "../ui/store";
import { setCollapsed } from "./collapsed";
import { useRowActions, useRowDrag, useRowKeys, type Row } from "./row-actions";
import { TaskMenu } from "./TaskMenu";
import { TaskMeta } from "./TaskMeta";
import type { Progress } from "./tree";

const MoveDialog = lazy(async () => (await import("../lists/MoveDialog")).MoveDialog);

export interface Props extends Row, Partial<Progress> {
  /** Whether to hide the day of the due date, because the heading shows it. */
  hideDay?: boolean;
  /** The number of levels above it. */
  depth?: number;
  /** Whether some of its sub-tasks may not be loaded. */
  isPart?: boolean;
}

/** The row of a task: its checkbox, title and properties, and the buttons for its options and to delete it. */
export function TaskRow({ hideDay = false, depth = 0, done = 0, all = 0, isPart = false, ...props }: Props) {
  const { task, list, isCollapsed, isSelected, onSelect } = props;
  const row = useRef<HTMLDivElement>(null);
  const opener = useRef<HTMLButtonElement>(null);
  const metaId = useId();
  const { edits, drafts } = useWorkspace();
  const actions = useRowActions(row, props);
  const isDraggable = useRowDrag(row, props, actions);
  const onKeyDown = useRowKeys(row, props, actions);
  // On a phone, deleting is in the options menu.
  const isNarrow = useStore(narrow);
  const isSelecting = isSelected !== undefined;
  const selectLabel = `Select “${task.title}”`;

  // After an edit, the focus returns to the button that opened it.
  useEffect(() => {
    if (drafts.takeReturn(task.id)) opener.current?.focus({ preventScroll: true });
  }, [drafts, task.id]);

  return (
    <div
      ref={row}
      data-depth={depth || undefined}
      className={`task-row${task.completed ? " is-completed" : ""}${isSelected ? " is-selected" : ""}`}
      onKeyDown={onKeyDown}
    >
      {isDraggable && !isSelecting && (
        <span className="grip">
          <GripIcon />
        </span>
      )}
      <input
        type="checkbox"
        className={isSelecting ? "check is-select" : "check"}
        data-control="check"
        aria-label={isSelecting ? selectLabel : task.title}
        aria-describedby={metaId}
        checked={isSelecting ? isSelected : task.completed}
        onChange={isSelecting ? onSelect : actions.onComplete}
      />
      <div className="task-text">
        <button
          ref={opener}
          type="button"
          className="task-open"
          data-control="open"
          tabIndex={isSelecting ? -1 : undefined}
          aria-label={isSelecting ? selectLabel : `Edit “${task.title}”`}
          aria-describedby={metaId}
          onClick={() => (isSelecting ? onSelect() : edits.begin(task))}
        >
          <span className="task-title" dir="auto">{task.title}</span>
        </button>
        <TaskMeta id={metaId} task={task} hideDay={hideDay} hideList={list !== undefined} hideParent={depth > 0} done={done} all={all} isPart={isPart} />
      </div>
      {isCollapsed !== undefined && (
        <button
          type="button"
          className={`button icon-only collapse${isCollapsed ? "" : " is-open"}`}
          data-control="collapse"
          aria-label={`Sub-tasks of “${task.title}”`}
          aria-expanded={!isCollapsed}
          onClick={() => setCollapsed(task.id, !isCollapsed)}
        >
          <ChevronIcon />
        </button>
      )}
      {!isSelecting && (
        <>
          <TaskMenu task={task} {...actions} />
          {actions.moving && <MoveDialog tasks={[task]} onClose={() => actions.setMoving(false)} onMove={actions.moveTo} />}
          {!isNarrow && (
            <button type="button" className="button icon-only" data-control="delete" aria-label={`Delete “${task.title}”`} onClick={actions.onDelete}>
              <TrashIcon />
            </button>
          )}
        </>
      )}
    </div>
  );
}
