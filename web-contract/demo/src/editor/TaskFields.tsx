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
  /** Called after a choice was made: the next thing to do is to save, or to write on. */
  onDone: () => void;
  /** Why the server refused one of the task's fields. */
  fault?: Fault | undefined;
}

/** The fields that show for themselves why they were refused. */
const ownPlace = ["title", "description"];

/** What a task has besides its words: its list, when it is due, how it recurs, how urgent it is, its tags. */
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
