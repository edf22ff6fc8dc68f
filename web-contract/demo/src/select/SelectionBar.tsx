import { useQueryClient } from "@tanstack/react-query";
import type { Task } from "@tasklane/web-contract";
import { isDraft, itemKey } from "@tasklane/web-contract/react";
import { useEffect, useState } from "react";
import { focusField, newTaskFieldId, selectButtonId, useSingleKeys } from "../app/shortcuts";
import { useWorkspace } from "../data/workspace";
import { useLists } from "../lists/use-lists";
import { CrossIcon, TrashIcon } from "../ui/icons";
import { lazy } from "../ui/lazy";
import { useStore } from "../ui/store";
import { useWindowEvent } from "../ui/use-window-event";
import "./selection.css";

const MoveDialog = lazy(async () => (await import("../lists/MoveDialog")).MoveDialog);

interface Props {
  /** The loaded tasks of the view. */
  tasks: readonly Task[];
  /** The tasks that “Select all” selects. Default: tasks. */
  all?: readonly Task[];
  /** Loads the rest of them and resolves to all. */
  loadAll?: () => Promise<Task[]>;
}

/** The actions on all selected tasks. It comes before the tasks in the document, so that few presses of Tab reach it. */
export function SelectionBar({ tasks, all = tasks, loadAll }: Props) {
  const { selection, writes } = useWorkspace();
  const queryClient = useQueryClient();
  const keys = useStore(selection.keys);
  const isSelecting = keys !== undefined;
  const hasLists = useLists().active.length > 0;
  const [moving, setMoving] = useState(false);

  const selected = tasks.filter((task) => keys?.has(itemKey(queryClient, task)) && !isDraft(task));
  const none = selected.length === 0;
  const allCompleted = !none && selected.every((task) => task.completed);
  useEffect(() => selection.tasks.set(selected));

  function act(run: (tasks: readonly Task[]) => void) {
    if (none) return;
    leave();
    run(selected);
  }

  function leave() {
    selection.end();
    focusField(selectButtonId, newTaskFieldId);
  }

  function select(wanted: readonly Task[]) {
    if (selection.keys.get()) selection.keys.set(new Set(wanted.map((task) => itemKey(queryClient, task))));
  }

  function selectAll() {
    select(all);
    void loadAll?.().then(select);
  }

  // Undo must not change tasks that were completed before.
  const complete = () => act((tasks) => writes.completeAll(tasks.filter((task) => task.completed === allCompleted), !allCompleted));
  const remove = () => act(writes.removeAll);

  useSingleKeys(isSelecting ? { c: complete, m: () => setMoving(hasLists && !none), Delete: remove, Backspace: remove } : {});
  useWindowEvent("keydown", (event) => {
    if (isSelecting && event.key === "Escape" && !event.defaultPrevented) selection.end();
  });

  // The selection ends with the view.
  useEffect(() => () => selection.end(), [selection]);

  if (!isSelecting) return null;

  return (
    <div className="selection-bar" role="toolbar" aria-label="Selected tasks">
      <p role="status" className="selection-count">
        {selected.length} <span className="wide-only">selected</span>
      </p>
      <button type="button" className="button quiet" onClick={selectAll}>
        All
      </button>
      <button type="button" className="button primary" aria-disabled={none} onClick={complete}>
        {allCompleted ? "Reopen" : "Complete"}
      </button>
      {hasLists && (
        <button type="button" className="button" aria-disabled={none} onClick={() => setMoving(!none)}>
          Move
        </button>
      )}
      <button type="button" className="button" aria-disabled={none} onClick={remove}>
        <TrashIcon />
        <span className="wide-only">Delete</span>
      </button>
      <button type="button" className="button icon-only" aria-label="Stop selecting" onClick={leave}>
        <CrossIcon />
      </button>
      {moving && (
        <MoveDialog tasks={selected} onClose={() => setMoving(false)} onMove={(list) => act((tasks) => writes.putIn(tasks, list))} />
      )}
    </div>
  );
}
