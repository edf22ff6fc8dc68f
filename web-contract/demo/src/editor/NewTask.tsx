import { useQueryClient } from "@tanstack/react-query";
import type { Task } from "@tasklane/web-contract";
import { latest } from "@tasklane/web-contract/react";
import { useRef, type FormEvent } from "react";
import { showNewest } from "../app/route";
import { forgetScroll } from "../app/scroll";
import { newTaskFieldId } from "../app/shortcuts";
import { quoted } from "../data/messages";
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
  /** Says why the view does not show a new task with this key, if it does not. */
  whyHidden: (key: string, fields: Fields) => string | undefined;
}

/** The field that a new task is written into. It is free for the next one at once. */
export function NewTask({ dueAt, placeholder = "Add a task", whyHidden }: Props) {
  const field = useRef<HTMLInputElement>(null);
  const queryClient = useQueryClient();
  const { drafts, writes, notices } = useWorkspace();
  const { fields, fault } = useStore(drafts.newTask);
  const blank = fields.title === "";

  function change(changes: Partial<Fields>) {
    // What else was chosen goes with the title: nothing of it would be seen.
    if (changes.title === "") return drafts.clearNewTask();
    // The first letter decides when a task is due by default; from then on it is the user's.
    const first = blank && dueAt !== undefined && changes.title ? { dueAt } : {};
    drafts.newTask.set({ fields: { ...fields, ...first, ...changes } });
  }

  function submit(event: FormEvent) {
    event.preventDefault();
    field.current?.focus();
    if (fields.title.trim() === "") return;
    drafts.clearNewTask();
    const id = writes.create(fields);
    // Once the view has been drawn with the task.
    requestAnimationFrame(() => setTimeout(() => tell(id)));
  }

  /** Tells where the new task went if it is not to be seen. */
  function tell(id: string) {
    const reason = whyHidden(id, fields);
    if (!reason) return;
    const show = () => {
      drafts.returnTo(latest(queryClient, { id } as Task).id);
      showNewest();
      forgetScroll("tasks");
      scrollTo(0, 0);
    };
    notices.show({ message: `${quoted(fields.title.trim())} was added. ${reason}`, action: { label: "Show", run: show } });
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
          />
          {!blank && (
            <button type="submit" className="button primary">
              Add
            </button>
          )}
        </div>
        {!blank && (
          <div className="new-task-fields">
            <TaskFields fields={fields} onChange={change} onDone={() => field.current?.focus()} fault={fault} />
          </div>
        )}
      </div>
      <p id="new-task-fault" className="field-fault" role="alert">
        {fault?.field === "title" && fault.message}
      </p>
    </form>
  );
}
