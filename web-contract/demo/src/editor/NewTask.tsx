import { useRef, type FormEvent } from "react";
import { newTaskFieldId } from "../app/shortcuts";
import { useWorkspace } from "../data/workspace";
import type { Fields } from "../task/fields";
import { PlusIcon } from "../ui/icons";
import { useStore } from "../ui/store";
import { TaskFields } from "./TaskFields";
import "./new-task.css";

interface Props {
  /** What a new task is due, unless something else is chosen. */
  dueAt?: string;
  placeholder?: string;
}

/** The field that a new task is written into. It is free for the next one at once. */
export function NewTask({ dueAt, placeholder = "Add a task" }: Props) {
  const field = useRef<HTMLInputElement>(null);
  const { drafts, writes } = useWorkspace();
  const { fields, fault } = useStore(drafts.newTask);
  const blank = fields.title === "";

  function change(changes: Partial<Fields>) {
    // The first letter decides when a task is due by default; from then on it is the user's.
    const first = blank && dueAt !== undefined && changes.title ? { dueAt } : {};
    drafts.newTask.set({ fields: { ...fields, ...first, ...changes } });
  }

  function submit(event: FormEvent) {
    event.preventDefault();
    field.current?.focus();
    if (fields.title.trim() === "") return;
    drafts.clearNewTask();
    writes.create(fields);
  }

  return (
    <form className="new-task" onSubmit={submit}>
      <div className="new-task-box">
        <div className="new-task-line">
          <PlusIcon />
          <label className="visually-hidden" htmlFor={newTaskFieldId}>
            New task
          </label>
          <input
            ref={field}
            id={newTaskFieldId}
            value={fields.title}
            onChange={(event) => change({ title: event.target.value })}
            placeholder={placeholder}
            autoComplete="off"
            enterKeyHint="done"
            dir="auto"
            aria-invalid={fault?.field === "title"}
            aria-describedby="new-task-fault"
            autoFocus
          />
          {!blank && (
            <button type="submit" className="button primary">
              Add
            </button>
          )}
        </div>
        {!blank && (
          <div className="new-task-fields">
            <TaskFields fields={fields} onChange={change} fault={fault} />
          </div>
        )}
      </div>
      <p id="new-task-fault" className="field-fault" role="alert">
        {fault?.field === "title" && fault.message}
      </p>
    </form>
  );
}
