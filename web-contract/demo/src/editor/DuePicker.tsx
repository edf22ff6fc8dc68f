import { dueName, type Due } from "../task/dates";
import { CalendarIcon } from "../ui/icons";
import { lazy } from "../ui/lazy";
import { PopoverButton } from "../ui/PopoverButton";

const DueChoice = lazy(async () => (await import("./DueChoice")).DueChoice);

export interface DueProps {
  due: Due;
  onChange: (due: Due) => void;
  /** Called after a choice was made. */
  onDone: () => void;
}

/** The button with a task's due date, which opens the choice of another one. */
export function DuePicker({ due, onChange, onDone }: DueProps) {
  const name = dueName(due);
  return (
    <PopoverButton
      className={name ? "chip is-set" : "chip"}
      label={name ? `Due ${name}` : "Due date"}
      title="Due date"
      onDone={onDone}
      content={(close) => <DueChoice due={due} onChange={onChange} onDone={close} />}
    >
      <CalendarIcon />
      {name || "Due"}
    </PopoverButton>
  );
}
