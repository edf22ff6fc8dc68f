import type { Task } from "@tasklane/web-contract";
import { itemKey } from "@tasklane/web-contract/react";
import { useRef, useState, type FormEvent, type KeyboardEvent } from "react";
import { useWorkspace } from "../data/workspace";
import { emptyFields } from "../task/fields";
import { PlusIcon } from "../ui/icons";
import "./new-subtask.css";

interface Props {
  parent: Task;
  /** The number of levels above the sub-task. */
  depth: number;
}

/** The field to add sub-tasks to a task, one after another. Escape closes it, and so does moving the focus out of it while it is empty. */
export function NewSubtask({ parent, depth }: Props) {
  const { drafts, writes, queryClient } = useWorkspace();
  const [title, setTitle] = useState("");
  const field = useRef<HTMLInputElement>(null);
  const blank = title.trim() === "";

  function close() {
    drafts.newSubtask.set(undefined);
  }

  function closeByKey() {
    const key = CSS.escape(itemKey(queryClient, parent));
    document.querySelector<HTMLElement>(`[data-key="${key}"] [data-control=open]`)?.focus();
    close();
  }

  function submit(event: FormEvent) {
    event.preventDefault();
    if (blank) return closeByKey();
    writes.create({ ...emptyFields, title, listId: parent.listId, parentId: parent.id });
    setTitle("");
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.key !== "Escape" || event.nativeEvent.isComposing) return;
    event.stopPropagation();
    closeByKey();
  }

  /** After a sub-task is added, the field is rendered below it and keeps the focus; the timeout waits for that. */
  function onBlur() {
    setTimeout(() => blank && field.current !== document.activeElement && close());
  }

  return (
    <form className="new-subtask" data-depth={depth} onSubmit={submit} onKeyDown={onKeyDown}>
      <PlusIcon />
      <input
        ref={field}
        className="bare-field"
        aria-label={`New sub-task of “${parent.title}”`}
        placeholder="Add a sub-task"
        value={title}
        onChange={({ target }) => setTitle(target.value)}
        onBlur={onBlur}
        autoComplete="off"
        enterKeyHint="done"
        dir="auto"
        autoFocus
      />
    </form>
  );
}
