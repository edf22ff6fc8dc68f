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

/** The actions on all selected tasks. It comes before them in the document, to be near for the keyboard. */
export function SelectionBar({ tasks, all = tasks, loadAll }: Props) {
  const { selection, writes } = useWorkspace();
  const queryClient = useQueryClient();
  const picked = useStore(selection.picked);
  const selecting = picked !== undefined;
  const hasLists = useLists().active.length > 0;
  const [moving, setMoving] = useState(false);

  const chosen = tasks.filter((task) => picked?.has(itemKey(queryClient, task)) && !isDraft(task));
  const allDone = chosen.length > 0 && chosen.every((task) => task.completed);
  const none = chosen.length === 0;
  useEffect(() => selection.chosen.set(chosen));

  function act(run: (tasks: readonly Task[]) => void) {
    if (none) return;
    leave();
    run(chosen);
  }

  function leave() {
    selection.end();
    focusField(selectButtonId, newTaskFieldId);
  }

  function pick(wanted: readonly Task[]) {
    if (selection.picked.get()) selection.pickAll(wanted.map((task) => itemKey(queryClient, task)));
  }

  function pickAll() {
    pick(all);
    void loadAll?.().then(pick);
  }

  // Undo must not change tasks that were completed before.
  const complete = () => act((all) => writes.completeAll(all.filter((task) => task.completed === allDone), !allDone));
  const remove = () => act(writes.removeAll);

  useSingleKeys(selecting ? { c: complete, m: () => setMoving(hasLists && !none), Delete: remove, Backspace: remove } : {});
  useWindowEvent("keydown", (event) => {
    if (selecting && event.key === "Escape" && !event.defaultPrevented) selection.end();
  });

  // The selection ends with the view.
  useEffect(() => () => selection.end(), [selection]);

  if (!selecting) return null;

  return (
    <div className="selection-bar" role="toolbar" aria-label="Selected tasks">
      <p role="status" className="selection-count">
        {chosen.length} <span className="wide-only">selected</span>
      </p>
      <button type="button" className="button quiet" onClick={pickAll}>
        All
      </button>
      <button type="button" className="button primary" aria-disabled={none} onClick={complete}>
        {allDone ? "Reopen" : "Complete"}
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
        <MoveDialog tasks={chosen} onClose={() => setMoving(false)} onMove={(list) => act((tasks) => writes.putIn(tasks, list))} />
      )}
    </div>
  );
}
