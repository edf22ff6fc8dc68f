import type { Task } from "@tasklane/web-contract";
import { itemKey } from "@tasklane/web-contract/react";
import { useRef, useState, type FormEvent, type KeyboardEvent } from "react";
import { useWorkspace } from "../data/workspace";
import { emptyFields } from "../task/fields";
import { PlusIcon } from "../ui/icons";
import "./new-subtask.css";

interface Props {
  parent: Task;
  /** How many tasks the sub-task is below. */
  depth: number;
}

/** The field that the sub-tasks of a task are written into, one after the other. Escape closes it, and so does leaving it empty. */
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

  /** The field moves on behind the new sub-task, and takes the focus along. */
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
