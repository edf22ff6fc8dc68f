import { useQueryClient } from "@tanstack/react-query";
import type { Task } from "@tasklane/web-contract";
import { cachedItem } from "@tasklane/web-contract/react";
import { useEffect, useRef, useState, type ClipboardEvent, type FormEvent, type KeyboardEvent } from "react";
import { showNewest } from "../app/route";
import { clearScroll } from "../app/scroll";
import { newTaskFieldId } from "../app/shortcuts";
import { counted, quoted } from "../data/messages";
import { useWorkspace } from "../data/workspace";
import { useLists } from "../lists/use-lists";
import { emptyFields, type Fields } from "../task/fields";
import { PlusIcon } from "../ui/icons";
import { useStore } from "../ui/store";
import { loadQuickAdd, quickAdd } from "./reading";
import { TaskFields } from "./TaskFields";
import "./new-task.css";

interface Props {
  /** The default fields of a new task. */
  defaults?: Partial<Fields>;
  placeholder?: string;
  /** Returns the reason why the view does not show the new task with this key, if it does not. */
  whyHidden: (key: string, fields: Fields) => string | undefined;
}

/** The field for new tasks. After a task is added, it is empty for the next one. */
export function NewTask({ defaults, placeholder = "Add a task", whyHidden }: Props) {
  const field = useRef<HTMLInputElement>(null);
  const queryClient = useQueryClient();
  const { drafts, writes, notices } = useWorkspace();
  const draft = useStore(drafts.newTask);
  const { fields, fault, literal = [], isDueChosen = false } = draft;
  const quick = useStore(quickAdd);
  const [pasted, setPasted] = useState<string[]>();
  const blank = fields.title === "";
  const { ready: lists } = useLists();
  const read = quick?.readTask(fields, { lists, literal, isDueChosen });
  const shown = read?.shown ?? fields;
  useEffect(() => void loadQuickAdd(), []);

  function change(wanted: Partial<Fields>) {
    // The other choices are cleared with the title, because they would be invisible.
    if (wanted.title === "") return drafts.clearNewTask();
    const { changes, literal: kept } = (read && quick?.choose(read, wanted)) ?? { changes: wanted, literal: [] };
    // The first letter applies the defaults; after that the fields are the user's.
    const first = blank && changes.title ? defaults : {};
    drafts.newTask.set({
      fields: { ...fields, ...first, ...changes },
      literal: [...literal, ...kept],
      isDueChosen: isDueChosen || changes.dueAt !== undefined,
    });
  }

  function keep({ text }: { text: string }) {
    drafts.newTask.set({ ...draft, literal: [...literal, text] });
    field.current?.focus();
  }

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
    const lines = quick?.linesOf(event.clipboardData.getData("text")) ?? [];
    if (lines.length === 0) return;
    event.preventDefault();
    const { selectionStart, selectionEnd } = event.currentTarget;
    const [before, after] = [fields.title.slice(0, selectionStart ?? 0), fields.title.slice(selectionEnd ?? 0)];
    setPasted(lines.map((line, i) => (i === 0 ? before : "") + line + (i === lines.length - 1 ? after : "")));
  }

  function addPasted(lines: string[]) {
    setPasted(undefined);
    drafts.clearNewTask();
    for (const title of lines) {
      const task = { ...emptyFields, ...defaults, title };
      writes.create(quick?.readTask(task, { lists }).shown ?? task);
    }
    notices.show({ message: `${counted(lines.length)} were added.` });
    field.current?.focus();
  }

  function keepAsOne(lines: string[]) {
    setPasted(undefined);
    change({ title: lines.join(" ") });
    field.current?.focus();
  }

  function submit(event: FormEvent) {
    event.preventDefault();
    field.current?.focus();
    if (fields.title.trim() === "") return;
    drafts.clearNewTask();
    const id = writes.create(shown);
    // After the view has rendered the task.
    requestAnimationFrame(() => setTimeout(() => tell(id)));
  }

  /** Tells the user where the new task is if the view does not show it. */
  function tell(id: string) {
    const reason = whyHidden(id, shown);
    if (!reason) return;
    const show = () => {
      drafts.returnTo(cachedItem(queryClient, { id } as Task).id);
      clearScroll(showNewest());
      scrollTo(0, 0);
    };
    notices.show({ message: `${quoted(shown.title.trim())} was added. ${reason}`, action: { label: "Show", run: show } });
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
            value={fields.title}
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
          {!blank && (
            <button type="submit" className="button primary">
              Add
            </button>
          )}
        </div>
        {quick && pasted && (
          <quick.Pasted lines={pasted} onMany={() => addPasted(pasted)} onOne={() => keepAsOne(pasted)} />
        )}
        {quick && read && <quick.Understood read={read} onKeep={keep} />}
        {!blank && (
          <div className="new-task-fields">
            <TaskFields fields={shown} onChange={change} onDone={() => field.current?.focus()} fault={fault} />
          </div>
        )}
      </div>
      <p id="new-task-fault" className="field-fault" role="alert">
        {fault?.field === "title" && fault.message}
      </p>
    </form>
  );
}
