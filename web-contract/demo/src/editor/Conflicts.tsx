import type { ReactNode } from "react";
import { useWorkspace } from "../data/workspace";
import { ParentName } from "../list/ParentName";
import { useLists, type Lists } from "../lists/use-lists";
import { dueName, noDue } from "../task/dates";
import { fieldLabels, type FieldName, type Fields } from "../task/fields";
import { repeatName } from "../task/repeat";
import { priorityNames } from "../task/priorities";
import { Dialog } from "../ui/Dialog";
import { useStore } from "../ui/store";
import "./conflicts.css";

/** Shows two conflicting edits of a task, and lets the user choose one. */
export function Conflicts() {
  const { drafts, edits } = useWorkspace();
  const [conflict] = useStore(drafts.conflicts);
  if (!conflict) return null;
  const { mine, theirs, fields } = conflict;
  return (
    <Dialog title="This task was changed on another device" role="alertdialog">
      <p className="dialog-text">“<bdi>{theirs.title}</bdi>” was changed while you were editing it. Choose the version to keep.</p>
      <div className="versions">
        <Version name="Your version" fields={fields} values={mine} />
        <Version name="The other version" fields={fields} values={theirs} />
      </div>
      <div className="dialog-actions">
        <button type="button" className="button" onClick={() => edits.resolveWithTheirs(conflict)}>
          Use that version
        </button>
        <button type="button" className="button primary" onClick={() => edits.resolveWithMine(conflict)} autoFocus>
          Use my version
        </button>
      </div>
    </Dialog>
  );
}

interface VersionProps {
  name: string;
  fields: readonly FieldName[];
  values: Partial<Fields>;
}

function Version({ name, fields, values }: VersionProps) {
  const lists = useLists();
  return (
    // Focusable, so that long texts can be scrolled with the keyboard.
    <section className="version" aria-label={name} tabIndex={0}>
      <h3>{name}</h3>
      <dl>
        {fields.map((field) => (
          <div key={field}>
            <dt>{fieldLabels[field]}</dt>
            <dd dir="auto">{textOf(field, values, lists)}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** The value of a field in words. */
function textOf(field: FieldName, values: Partial<Fields>, lists: Lists): ReactNode {
  switch (field) {
    case "dueAt":
      return dueName({ ...noDue, ...values }) || "No due date";
    case "listId":
      return lists.find(values.listId)?.name ?? "Inbox";
    case "parentId":
      return values.parentId ? <ParentName id={values.parentId} /> : "No task";
    case "priority":
      return priorityNames[values.priority ?? "none"];
    case "recurrence": {
      const { recurrence, recurrenceFrom = "due" } = values;
      return recurrence ? (repeatName(recurrence, recurrenceFrom) ?? recurrence) : "Does not repeat";
    }
    case "recurrenceFrom":
      return values.recurrenceFrom === "completion" ? "The completion" : "The due date";
    case "tags":
      return values.tags?.map((tag) => `#${tag}`).join(" ") || "No tags";
    default:
      return String(values[field] ?? "") || "Empty";
  }
}
