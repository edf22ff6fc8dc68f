import { useQueryClient } from "@tanstack/react-query";
import type { Task } from "@tasklane/web-contract";
import { cachedItem } from "@tasklane/web-contract/react";
import { useRef, useState, type ClipboardEvent, type FormEvent, type KeyboardEvent } from "react";
import { showNewest } from "../app/route";
import { clearScroll } from "../app/scroll";
import { newTaskFieldId } from "../app/shortcuts";
import { quoted } from "../data/messages";
import { useWorkspace } from "../data/workspace";
import type { Fields } from "../task/fields";
import { PlusIcon } from "../ui/icons";
import { useStore } from "../ui/store";
import { quickAdd } from "./quick-add-loader";
import { TaskFields } from "./TaskFields";
import { useNewTask } from "./use-new-task";
import "./new-task.css";

interface Props {
  /** The default fields of a new task. */
  defaults: Partial<Fields>;
  placeholder?: string;
  /** Returns the reason why the view does not show the new task with this key, if it does not. */
  whyHidden: (key: string, fields: Fields) => string | undefined;
}

/** The field for new tasks. After a task is added, it is empty for the next one. */
export function NewTask({ defaults, placeholder = "Add a task", whyHidden }: Props) {
  const field = useRef<HTMLInputElement>(null);
  const { drafts, writes } = useWorkspace();
  const { title, fields, read, fault, change, keep } = useNewTask(defaults);
  const quick = useStore(quickAdd);
  const showHiddenNotice = useHiddenNotice(whyHidden);
  const [pasted, setPasted] = useState<string[]>();
  // The field holds the pasted lines as one task. An edit withdraws the offer to add a task for each line.
  const isOffered = pasted && title === pasted.join(" ");
  const focus = () => field.current?.focus();

  /** Directly after a recognized part, Backspace first turns it back into title text. */
  function onKeyDown(event: KeyboardEvent<HTMLInputElement>) {
    const { selectionStart, selectionEnd } = event.currentTarget;
    if (event.key !== "Backspace" || event.nativeEvent.isComposing || selectionStart !== selectionEnd) return;
    const part = read?.parts.find(({ end }) => end === selectionStart);
    if (!part) return;
    event.preventDefault();
    keep(part);
  }

  function onPaste(event: ClipboardEvent<HTMLInputElement>) {
    const lines = quick?.linesOf(event.clipboardData.getData("text"), event.currentTarget) ?? [];
    if (lines.length === 0) return;
    event.preventDefault();
    change({ title: lines.join(" ") });
    setPasted(lines);
  }

  function onPasted() {
    setPasted(undefined);
    focus();
  }

  function submit(event: FormEvent) {
    event.preventDefault();
    focus();
    if (title.trim() === "") return;
    drafts.clearNewTask();
    const id = writes.create(fields);
    // Wait until the view has rendered the task.
    requestAnimationFrame(() => setTimeout(() => showHiddenNotice(id, fields)));
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
            className="bare-field"
            value={title}
            onChange={(event) => change({ title: event.target.value })}
            onKeyDown={onKeyDown}
            onPaste={onPaste}
            placeholder={placeholder}
            autoComplete="off"
            enterKeyHint="done"
            dir="auto"
            aria-invalid={fault?.field === "title"}
            aria-describedby="new-task-fault"
          />
          {title && !isOffered && (
            <button type="submit" className="button primary">
              Add
            </button>
          )}
        </div>
        {quick && isOffered && <quick.Pasted lines={pasted} defaults={defaults} onDone={onPasted} />}
        {quick && read && !isOffered && <quick.Understood read={read} onKeep={(part) => (keep(part), focus())} />}
        {title && !isOffered && (
          <div className="new-task-fields">
            <TaskFields fields={fields} onChange={change} onDone={focus} fault={fault} />
          </div>
        )}
      </div>
      <p id="new-task-fault" className="field-fault" role="alert">
        {fault?.field === "title" && fault.message}
      </p>
    </form>
  );
}

/** Returns a function that says where a new task is if the view does not show it, and offers to show it. */
function useHiddenNotice(whyHidden: Props["whyHidden"]) {
  const queryClient = useQueryClient();
  const { drafts, notices } = useWorkspace();
  return (id: string, fields: Fields): void => {
    const reason = whyHidden(id, fields);
    if (!reason) return;
    const show = () => {
      drafts.returnTo(cachedItem(queryClient, { id } as Task).id);
      clearScroll(showNewest());
      scrollTo(0, 0);
    };
    notices.show({ message: `${quoted(fields.title.trim())} was added. ${reason}`, action: { label: "Show", run: show } });
  };
}
