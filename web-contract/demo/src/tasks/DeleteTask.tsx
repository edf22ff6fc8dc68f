import type { Task } from "@tasklane/web-contract";
import { useRef, useState, type FocusEvent, type KeyboardEvent } from "react";
import { TrashIcon } from "../ui/icons";
import { useDeleteTask } from "./mutations";

interface Props {
  task: Task;
  onDelete: () => void;
}

/** Deletes a task after a second look: the question takes the button's place. */
export function DeleteTask({ task, onDelete }: Props) {
  const [asking, setAsking] = useState(false);
  const [returnFocus, setReturnFocus] = useState(false);
  const remove = useDeleteTask(task);

  function confirm() {
    onDelete();
    remove.mutate();
  }

  function keep(byChoice: boolean) {
    setAsking(false);
    setReturnFocus(byChoice);
  }

  if (!asking) {
    return (
      <button
        type="button"
        className="button icon-only"
        aria-label={`Delete “${task.title}”`}
        onClick={() => setAsking(true)}
        autoFocus={returnFocus}
      >
        <TrashIcon />
      </button>
    );
  }
  return <Question title={task.title} onConfirm={confirm} onKeep={() => keep(true)} onLeave={() => keep(false)} />;
}

interface QuestionProps {
  title: string;
  onConfirm: () => void;
  onKeep: () => void;
  onLeave: () => void;
}

/** “Keep” stands where the trash can stood, so that a double click deletes nothing. */
function Question({ title, onConfirm, onKeep, onLeave }: QuestionProps) {
  const group = useRef<HTMLDivElement>(null);

  function onBlur({ relatedTarget }: FocusEvent) {
    if (!group.current?.contains(relatedTarget)) onLeave();
  }

  function onKeyDown({ key }: KeyboardEvent) {
    if (key === "Escape") onKeep();
  }

  return (
    <div
      ref={group}
      className="question"
      role="group"
      aria-label={`Delete “${title}”?`}
      onBlur={onBlur}
      onKeyDown={onKeyDown}
    >
      <button type="button" className="button danger" onClick={onConfirm} autoFocus>
        Delete
      </button>
      <button type="button" className="button quiet" onClick={onKeep}>
        Keep
      </button>
    </div>
  );
}
