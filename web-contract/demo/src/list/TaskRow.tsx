import type { List, Task } from "@tasklane/web-contract";
import { isDraft } from "@tasklane/web-contract/react";
import { useContext, useEffect, useId, useRef, useState, type KeyboardEvent } from "react";
import { runKey } from "../app/shortcuts";
import { counted } from "../data/messages";
import { useWorkspace } from "../data/workspace";
import { DayContext } from "../days/move";
import { useDrag, type Dragged } from "../drag/drag";
import { sortByHand } from "../filters/use-filters";
import { inbox, useLists } from "../lists/use-lists";
import { ChevronIcon, GripIcon, TrashIcon } from "../ui/icons";
import { MoveDialog } from "../ui/later";
import { focusBeside, leaveRow } from "./focus";
import { fold } from "./folded";
import { OrderContext } from "./task-order";
import { TaskMenu } from "./TaskMenu";
import { TaskMeta } from "./TaskMeta";

interface Props {
  task: Task;
  /** Whether to hide the day of the due date, because the heading shows it. */
  hideDay: boolean;
  /** The list of all surrounding rows: its id, or inbox. */
  list: string | undefined;
  /** The number of levels above it. */
  depth: number;
  /** How many of the loaded sub-tasks are completed, how many there are, and whether some may not be loaded. */
  done: number;
  all: number;
  isPart: boolean;
  /** Whether its sub-tasks are hidden; undefined without sub-tasks. */
  isFolded: boolean | undefined;
  /** Whether the task is selected; undefined while no selection is active. */
  picked: boolean | undefined;
  onPick: () => void;
}

/** The row of a task: its checkbox, title and properties, and the buttons for its options and to delete it. */
export function TaskRow({ task, hideDay, list, depth, done, all, isPart, isFolded, picked, onPick }: Props) {
  const row = useRef<HTMLDivElement>(null);
  const opener = useRef<HTMLButtonElement>(null);
  const metaId = useId();
  const { writes, edits, drafts, notices, selection } = useWorkspace();
  const order = useContext(OrderContext);
  const days = useContext(DayContext);
  const hasLists = useLists().active.length > 0;
  const [moving, setMoving] = useState(false);
  const picking = picked !== undefined;
  const pickLabel = `Select “${task.title}”`;

  // After an edit, the focus returns to the button that opened it.
  useEffect(() => {
    if (drafts.takeReturn(task.id)) opener.current?.focus({ preventScroll: true });
  }, [drafts, task.id]);

  function leaving(write: (task: Task) => void) {
    if (row.current) leaveRow(row.current);
    write(task);
  }

  function moveTo(to: List | undefined) {
    const leaves = list !== undefined && list !== (to?.id ?? inbox);
    if (leaves && row.current) focusBeside(row.current);
    writes.putIn([task], to);
  }

  const complete = () => leaving(writes.complete);
  const remove = () => leaving(writes.remove);
  const keys: Record<string, () => void> = {
    e: () => edits.begin(task),
    x: onPick,
    o: () => row.current?.querySelector<HTMLElement>("[data-control=menu]")?.click(),
    // While tasks are selected, these keys act on all of them.
    ...(!picking && hasLists && { m: () => setMoving(true) }),
    ...(!picking && { c: complete, Delete: remove, Backspace: remove }),
  };

  const { id, title } = task;
  const item: Dragged = picked ? { kind: "tasks", id, get name() { return counted(selection.chosen.get().length); } } : { kind: "task", id, name: title };
  const isDragged = picking ? picked && hasLists : order || days || hasLists;
  useDrag(row, {
    item: isDragged && !isDraft(task) ? item : undefined,
    takes: ({ kind, id }, level) => (order && kind === "task" ? order.takes(id, task, level) : {}),
    onDrop: ({ id }, place, level) => order?.drop(id, task, place, level),
  });

  /** Handles the keys that move the row, which keeps the focus. */
  function onKeyDown(event: KeyboardEvent) {
    runKey(keys, event);
    if (isFolded !== undefined && !event.altKey && event.key === (isFolded ? "ArrowRight" : "ArrowLeft")) return fold(task.id, !isFolded);
    if (!event.altKey || picking) return;
    const places = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const change = order && { ArrowRight: order.nest, ArrowLeft: order.unnest }[event.key];
    if (!places && !change) return;
    event.preventDefault();
    if (change) return change(task)?.();
    if (!places) return;
    if (order) order.moveBy(task, places);
    else if (days && row.current) days.moveBy(task, places, row.current);
    else if (hasLists && list === undefined) notices.show({ message: "Open a list to move its tasks." });
    else notices.show({ message: "You can move tasks when they are in your own order.", action: { label: "Use my order", run: sortByHand } });
    requestAnimationFrame(() => row.current?.scrollIntoView({ block: "nearest" }));
  }

  return (
    <div
      ref={row}
      data-depth={depth || undefined}
      className={`task-row${task.completed ? " is-completed" : ""}${picked ? " is-picked" : ""}`}
      onKeyDown={onKeyDown}
    >
      {(order || days || hasLists) && !picking && (
        <span className="grip">
          <GripIcon />
        </span>
      )}
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
        <TaskMeta id={metaId} task={task} hideDay={hideDay} hideList={list !== undefined} hideParent={depth > 0} done={done} all={all} isPart={isPart} />
      </div>
      {isFolded !== undefined && (
        <button
          type="button"
          className={`button icon-only fold${isFolded ? "" : " is-open"}`}
          data-control="fold"
          aria-label={`Sub-tasks of “${task.title}”`}
          aria-expanded={!isFolded}
          onClick={() => fold(task.id, !isFolded)}
        >
          <ChevronIcon />
        </button>
      )}
      {!picking && (
        <>
          <TaskMenu task={task} order={order} onDay={days && ((by) => row.current && days.moveBy(task, by, row.current))} onMove={hasLists ? () => setMoving(true) : undefined} onDelete={remove} />
          {moving && <MoveDialog tasks={[task]} onClose={() => setMoving(false)} onMove={moveTo} />}
          <button
            type="button"
            className="button icon-only"
            data-control="delete"
            aria-label={`Delete “${task.title}”`}
            onClick={remove}
          >
            <TrashIcon />
          </button>
        </>
      )}
    </div>
  );
}
