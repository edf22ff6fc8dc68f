import type { Fault } from "../data/messages";
import type { Fields } from "../task/fields";
import { ListPicker } from "../lists/ListPicker";
import { DuePicker } from "./DuePicker";
import { PriorityPicker } from "./PriorityPicker";
import { RepeatPicker } from "./RepeatPicker";
import { TagPicker } from "./TagPicker";
import "./fields.css";

interface Props {
  fields: Fields;
  onChange: (changes: Partial<Fields>) => void;
  /** Called after a choice. */
  onDone: () => void;
  /** The field that the server rejected, and the reason. */
  fault?: Fault | undefined;
}

/** The fields that show their errors themselves. */
const ownPlace = ["title", "description"];

/** The fields of a task other than its texts: list, due date, recurrence, priority, tags. */
export function TaskFields({ fields, onChange, onDone, fault }: Props) {
  return (
    <div className="task-fields">
      <ListPicker listId={fields.listId} onChange={(listId) => onChange({ listId, parentId: null })} onDone={onDone} />
      <DuePicker due={fields} onChange={(due) => onChange(due.dueAt ? due : { ...due, recurrence: null })} onDone={onDone} />
      <RepeatPicker fields={fields} onChange={onChange} onDone={onDone} />
      <PriorityPicker priority={fields.priority} onChange={(priority) => onChange({ priority })} onDone={onDone} />
      <TagPicker tags={fields.tags} onChange={(tags) => onChange({ tags })} onDone={onDone} />
      {fault && !ownPlace.includes(fault.field) && (
        <p className="field-fault" role="alert">
          {fault.message}
        </p>
      )}
    </div>
  );
}
