import type { Fault } from "../data/messages";
import type { Fields } from "../task/fields";
import { DuePicker } from "./DuePicker";
import { PriorityPicker } from "./PriorityPicker";
import { TagPicker } from "./TagPicker";
import "./fields.css";

interface Props {
  fields: Fields;
  onChange: (changes: Partial<Fields>) => void;
  /** Why the server refused one of the task's fields. */
  fault?: Fault | undefined;
}

/** The fields that show for themselves why they were refused. */
const ownPlace = ["title", "description"];

/** What a task has besides its words: when it is due, how urgent it is, its tags. */
export function TaskFields({ fields, onChange, fault }: Props) {
  return (
    <div className="task-fields">
      <DuePicker dueAt={fields.dueAt} onChange={(dueAt) => onChange({ dueAt })} />
      <PriorityPicker priority={fields.priority} onChange={(priority) => onChange({ priority })} />
      <TagPicker tags={fields.tags} onChange={(tags) => onChange({ tags })} />
      {fault && !ownPlace.includes(fault.field) && (
        <p className="field-fault" role="alert">
          {fault.message}
        </p>
      )}
    </div>
  );
}
