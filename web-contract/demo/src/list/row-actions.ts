import type { List, Task } from "@tasklane/web-contract";
import { isDraft } from "@tasklane/web-contract/react";
import { useContext, useState, type KeyboardEvent, type RefObject } from "react";
import { runKey } from "../app/shortcuts";
import { counted } from "../data/messages";
import { useWorkspace } from "../data/workspace";
import { DayContext } from "../days/move";
import { useDrag, type Dragged } from "../drag/drag";
import { sortByHand } from "../filters/use-filters";
import { inbox, useLists } from "../lists/use-lists";
import { wide } from "../ui/media";
import { useStore } from "../ui/store";
import { focusBeside, leaveRow } from "./focus";
import { setCollapsed } from "./collapsed";
import { OrderContext } from "./task-order";

/** A task in a list, and its selection. */
export interface Row {
  task: Task;
  /** The list of all surrounding rows: its id, or inbox. */
  list?: string | undefined;
  /** Whether its sub-tasks are hidden; undefined without sub-tasks. */
  isCollapsed?: boolean | undefined;
  /** Whether the task is selected; undefined while no selection is active. */
  isSelected: boolean | undefined;
  onSelect: () => void;
}

type Actions = ReturnType<typeof useRowActions>;
type RowElement = RefObject<HTMLElement | null>;

/** The actions on the task of a row. If the row leaves its list, the next one gets the focus. */
export function useRowActions(row: RowElement, { task, list }: Row) {
  const { writes } = useWorkspace();
  const moveByDays = useContext(DayContext);
  const hasLists = useLists().active.length > 0;
  const [moving, setMoving] = useState(false);

  function leaveAnd(write: (task: Task) => void) {
    leaveRow(row.current);
    write(task);
  }

  return {
    order: useContext(OrderContext),
    /** Moves the task by a number of days; undefined if the rows are not grouped by day. */
    onDay: moveByDays && ((by: number) => row.current && moveByDays(task, by, row.current)),
    /** Whether the dialog to move the task to a list is open. */
    moving,
    setMoving,
    /** Opens that dialog; undefined without lists. */
    onMove: hasLists ? () => setMoving(true) : undefined,
    moveTo(to: List | undefined) {
      const leaves = list !== undefined && list !== (to?.id ?? inbox);
      if (leaves && row.current) focusBeside(row.current);
      writes.putIn([task], to);
    },
    onComplete: () => leaveAnd(writes.complete),
    onDelete: () => leaveAnd(writes.remove),
  };
}

/** Returns the handler of the keys that act on a row. Keys that move it leave the focus on it. */
export function useRowKeys(row: RowElement, { task, list, isCollapsed, isSelected, onSelect }: Row, { order, onDay, onMove, onComplete, onDelete }: Actions) {
  const { edits, notices } = useWorkspace();
  const keys: Record<string, () => void> = {
    e: () => edits.begin(task),
    x: onSelect,
    o: () => row.current?.querySelector<HTMLElement>("[data-control=menu]")?.click(),
    // While tasks are selected, these keys act on all of them.
    ...(isSelected === undefined && { ...(onMove && { m: onMove }), c: onComplete, Delete: onDelete, Backspace: onDelete }),
  };

  function moveBy(places: number) {
    if (order) order.moveBy(task, places);
    else if (onDay) onDay(places);
    else if (onMove && list === undefined) notices.show({ message: "Open a list to reorder its tasks." });
    else notices.show({ message: "You can move tasks when they are in your own order.", action: { label: "Use my order", run: sortByHand } });
    requestAnimationFrame(() => row.current?.scrollIntoView({ block: "nearest" }));
  }

  return (event: KeyboardEvent) => {
    runKey(keys, event);
    if (isCollapsed !== undefined && !event.altKey && event.key === (isCollapsed ? "ArrowRight" : "ArrowLeft")) return setCollapsed(task.id, !isCollapsed);
    if (!event.altKey || isSelected !== undefined) return;
    const moves: Record<string, () => void> = {
      ArrowUp: () => moveBy(-1),
      ArrowDown: () => moveBy(1),
      ...(order && { ArrowRight: () => order.nest(task)?.(), ArrowLeft: () => order.unnest(task)?.() }),
    };
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    move();
  };
}

/**
 * Lets a row be dragged, with all selected ones if it is selected, and tasks be dropped on it. If the row can be dropped
 * nowhere, dragging it opens the dialog to move it to a list. Reports whether it can be dragged.
 */
export function useRowDrag(row: RowElement, { task, isSelected }: Row, { order, onDay, onMove }: Actions): boolean {
  const { selection } = useWorkspace();
  const { id, title } = task;
  // Tasks can be dropped on lists only in the sidebar, which narrow windows do not have.
  const onList = useStore(wide) ? onMove : undefined;
  const isDraggable = !isDraft(task) && Boolean(isSelected === undefined ? order || onDay || onList : isSelected && onList);
  const item: Dragged = isSelected ? { kind: "tasks", id, get name() { return counted(selection.tasks.get().length); } } : { kind: "task", id, name: title };
  useDrag(row, {
    item: isDraggable ? item : undefined,
    instead: isDraft(task) || isSelected !== undefined ? undefined : onMove,
    accepts: ({ kind, id }, level) => (order && kind === "task" ? order.accepts(id, task, level) : {}),
    onDrop: ({ id }, place, level) => order?.drop(id, task, place, level),
  });
  return isDraggable;
}
