import { useRef, useState, type FormEvent } from "react";
import { PlusIcon } from "../ui/icons";
import { useNotify } from "../ui/notices";
import { newTaskFieldId } from "./focus";
import { reason, titleFault } from "./messages";
import { useCreateTask } from "./mutations";

/** The field that a new task is written into. It is free for the next one at once. */
export function NewTask() {
  const field = useRef<HTMLInputElement>(null);
  const [title, setTitle] = useState("");
  const [fault, setFault] = useState<string>();
  const create = useCreateTask();
  const notify = useNotify();

  function add(wanted: string) {
    create.mutateAsync(wanted).catch((error: unknown) => {
      const problem = titleFault(error) ?? `“${wanted}” was not added. ${reason(error)}`;
      if (field.current?.value === "") {
        setTitle(wanted);
        setFault(problem);
      } else {
        notify({ message: problem, retry: () => add(wanted) });
      }
    });
  }

  function change(text: string) {
    setTitle(text);
    setFault(undefined);
  }

  function submit(event: FormEvent) {
    event.preventDefault();
    field.current?.focus();
    const wanted = title.trim();
    if (wanted === "") return;
    change("");
    add(wanted);
  }

  return (
    <form className="new-task" onSubmit={submit}>
      <div className="new-task-line">
        <PlusIcon />
        <label className="visually-hidden" htmlFor={newTaskFieldId}>
          New task
        </label>
        <input
          ref={field}
          id={newTaskFieldId}
          value={title}
          onChange={(event) => change(event.target.value)}
          placeholder="Add a task"
          autoComplete="off"
          enterKeyHint="done"
          aria-invalid={fault !== undefined}
          aria-describedby="new-task-fault"
          autoFocus
        />
        <button type="submit" className="button primary">
          Add
        </button>
      </div>
      <p id="new-task-fault" className="field-fault" role="alert">
        {fault}
      </p>
    </form>
  );
}
