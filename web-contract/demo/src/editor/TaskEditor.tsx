import type { Task } from "@tasklane/web-contract";
import { useEffect, useRef, type FormEvent, type KeyboardEvent, type RefObject } from "react";
import { useWorkspace } from "../data/workspace";
import { leaveRow } from "../list/focus";
import type { Fields } from "../task/fields";
import { TrashIcon } from "../ui/icons";
import { useStore } from "../ui/store";
import { useWindowEvent } from "../ui/use-window-event";
import { editConflicts, shownFields } from "./drafts";
import { GrowingField } from "./GrowingField";
import { TaskFields } from "./TaskFields";
import "./editor.css";

/** The editor of a task, in the place of its row. A click elsewhere saves, like Enter; Escape does not. */
export function TaskEditor({ task }: { task: Task }) {
  const form = useRef<HTMLFormElement>(null);
  const { drafts, edits, writes } = useWorkspace();
  const edit = useStore(drafts.edit);
  useClickElsewhere(form, () => drafts.edit.get()?.base === edit?.base && edits.save(false));
  // The whole editor must be visible, also if it opens at the edge of the window.
  useEffect(() => {
    const { current } = form;
    current?.scrollIntoView({ block: current.offsetHeight > innerHeight ? "start" : "nearest" });
  }, []);
  if (!edit) return null;

  const fields = shownFields(edit, task);
  const faultOf = (name: string) => (edit.fault?.field === name ? edit.fault.message : undefined);

  function change(changes: Partial<Fields>) {
    if (edit) drafts.edit.set({ ...edit, touched: { ...edit.touched, ...changes }, fault: undefined });
  }

  function submit(event: FormEvent) {
    event.preventDefault();
    edits.save(true);
  }

  /** Saves the edit before a write to the task, so that an undo also restores the typed text. */
  function saveAnd(write: (task: Task) => void) {
    leaveRow(form.current);
    edits.save(false);
    write(task);
  }

  function onKeyDown(event: KeyboardEvent) {
    // While a Chinese or Japanese word is being composed these keys belong to it.
    if (event.nativeEvent.isComposing || isInOverlay(event.target)) return;
    const { key, ctrlKey, metaKey } = event;
    const saves = key === "Enter" && (ctrlKey || metaKey || isTitle(event.target));
    if (!saves && key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    if (saves) edits.save(true);
    else edits.discard();
  }

  return (
    <form ref={form} className="editor" data-editor aria-label={`Edit “${task.title}”`} onSubmit={submit} onKeyDown={onKeyDown}>
      <input
        type="checkbox"
        className="check"
        aria-label={task.title}
        checked={task.completed}
        onChange={() => saveAnd(writes.complete)}
      />
      <div className="editor-text">
        <GrowingField
          label="Title"
          className="editor-title"
          value={fields.title}
          onChange={(title) => change({ title })}
          fault={faultOf("title")}
          autoFocus
        />
        <GrowingField
          label="Notes"
          className="editor-notes"
          placeholder="Notes"
          value={fields.description}
          onChange={(description) => change({ description })}
          fault={faultOf("description")}
        />
        {editConflicts(edit, task).length > 0 && (
          <p className="hint" role="status">
            This was changed elsewhere just now. You choose when you save.
          </p>
        )}
      </div>
      <div className="editor-footer">
        <TaskFields
          fields={fields}
          onChange={change}
          onDone={() => form.current?.querySelector("textarea")?.focus()}
          fault={edit.fault}
        />
        <div className="editor-actions">
          <button type="button" className="button icon-only" aria-label={`Delete “${task.title}”`} onClick={() => saveAnd(writes.remove)}>
            <TrashIcon />
          </button>
          <button type="button" className="button quiet" onClick={edits.discard}>
            Cancel
          </button>
          <button type="submit" className="button primary">
            Save
          </button>
        </div>
      </div>
    </form>
  );
}

const isInOverlay = (target: EventTarget) => (target as Element).closest("[data-overlay]") !== null;
const isTitle = (target: EventTarget) => (target as Element).closest(".editor-title") !== null;

/**
 * Calls `onClick` after a click outside the element and its popovers and dialogs. It
 * does not react to the press, because rows would then move before the click.
 */
function useClickElsewhere(element: RefObject<HTMLElement | null>, onClick: () => void): void {
  const pressed = useRef(false);
  const isElsewhere = ({ target }: Event) =>
    target instanceof Element && !isInOverlay(target) && !element.current?.contains(target);
  useWindowEvent("pointerdown", (event) => void (pressed.current = isElsewhere(event)));
  useWindowEvent("click", (event) => pressed.current && isElsewhere(event) && onClick());
}
