import type { Task } from "@tasklane/web-contract";
import { useId, useState, type KeyboardEvent } from "react";
import { titleFault } from "./messages";
import { useUpdateTask } from "./mutations";

/** A title that turns into a field when it is chosen. Enter or leaving it saves, Escape does not. */
export function TaskTitle({ task }: { task: Task }) {
  const [draft, setDraft] = useState<string>();
  const [refused, setRefused] = useState<{ title: string; fault: string }>();
  const [returnFocus, setReturnFocus] = useState(false);
  const update = useUpdateTask(task);

  function close(byKey: boolean) {
    setDraft(undefined);
    setRefused(undefined);
    setReturnFocus(byKey);
  }

  function save(byKey: boolean) {
    const title = draft?.trim();
    if (title && title === refused?.title) return;
    close(byKey);
    if (!title || title === task.title) return;
    update.mutate(
      { title },
      {
        onError: (error) => {
          const fault = titleFault(error);
          if (!fault) return;
          setDraft(title);
          setRefused({ title, fault });
        },
      },
    );
  }

  if (draft === undefined) {
    return (
      <button
        type="button"
        className="task-title"
        aria-label={`${task.title}, edit title`}
        onClick={() => setDraft(task.title)}
        autoFocus={returnFocus}
      >
        {task.title}
      </button>
    );
  }
  return (
    <TitleField
      draft={draft}
      fault={refused?.fault}
      onChange={setDraft}
      onEnter={() => save(true)}
      onEscape={() => close(true)}
      onBlur={() => save(false)}
    />
  );
}

interface FieldProps {
  draft: string;
  fault: string | undefined;
  onChange: (draft: string) => void;
  onEnter: () => void;
  onEscape: () => void;
  onBlur: () => void;
}

function TitleField({ draft, fault, onChange, onEnter, onEscape, onBlur }: FieldProps) {
  const faultId = useId();

  function onKeyDown(event: KeyboardEvent) {
    // While a Chinese or Japanese word is being composed these keys belong to it.
    if (event.nativeEvent.isComposing) return;
    if (event.key === "Enter") {
      event.preventDefault();
      onEnter();
    }
    if (event.key === "Escape") onEscape();
  }

  return (
    <div className="title-field">
      <div className="title-box" data-draft={draft}>
        <textarea
          aria-label="Title"
          rows={1}
          value={draft}
          aria-invalid={fault !== undefined}
          aria-describedby={fault && faultId}
          onChange={(event) => onChange(event.target.value)}
          onKeyDown={onKeyDown}
          onBlur={onBlur}
          onFocus={({ target }) => target.setSelectionRange(draft.length, draft.length)}
          autoFocus
        />
      </div>
      {fault && (
        <p id={faultId} className="field-fault" role="alert">
          {fault}
        </p>
      )}
    </div>
  );
}
