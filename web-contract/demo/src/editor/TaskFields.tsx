import type { Fields } from "../task/fields";
import { DuePicker } from "./DuePicker";
import { PriorityPicker } from "./PriorityPicker";
import { TagPicker } from "./TagPicker";
import "./fields.css";

interface Props {
  fields: Fields;
  onChange: (changes: Partial<Fields>) => void;
}

/** What a task has besides its words: when it is due, how urgent it is, its tags. */
export function TaskFields({ fields, onChange }: Props) {
  return (
    <div className="task-fields">
      <DuePicker dueAt={fields.dueAt} onChange={(dueAt) => onChange({ dueAt })} />
      <PriorityPicker priority={fields.priority} onChange={(priority) => onChange({ priority })} />
      <TagPicker tags={fields.tags} onChange={(tags) => onChange({ tags })} />
    </div>
  );
}
