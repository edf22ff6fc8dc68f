import { dayOf } from "../task/dates";
import { repeatName } from "../task/repeat";
import type { Fields } from "../task/fields";
import { RepeatIcon } from "../ui/icons";
import { lazy } from "../ui/lazy";
import { PopoverButton } from "../ui/PopoverButton";

const RepeatChoice = lazy(async () => (await import("./RepeatChoice")).RepeatChoice);

export interface RepeatProps {
  fields: Fields;
  onChange: (changes: Partial<Fields>) => void;
  /** Called after a choice was made. */
  onDone: () => void;
}

/** A button that shows a task's recurrence and opens the choice of another. A task without a due date has none. */
export function RepeatPicker({ fields, onChange, onDone }: RepeatProps) {
  const { dueAt, recurrence, recurrenceFrom } = fields;
  if (!dueAt) return null;
  const name = recurrence && (repeatName(recurrence, recurrenceFrom) ?? "Custom");
  return (
    <PopoverButton
      className={name ? "chip is-set" : "chip"}
      label={name ? `Repeats: ${name}` : "Repeat"}
      title="Repeat"
      onDone={onDone}
      content={(close) => <RepeatChoice fields={fields} onChange={onChange} onDone={close} />}
    >
      <RepeatIcon />
      <span className="chip-text">{name ? (repeatName(recurrence, recurrenceFrom, dayOf(fields)) ?? name) : "Repeat"}</span>
    </PopoverButton>
  );
}
