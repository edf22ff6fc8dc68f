import { priorities, priorityNames, type Priority } from "../task/priorities";
import { Choice } from "../ui/Choice";
import { PriorityIcon } from "../ui/icons";
import { PopoverButton } from "../ui/PopoverButton";

interface Props {
  priority: Priority;
  onChange: (priority: Priority) => void;
  /** Called after a choice was made. */
  onDone: () => void;
}

const options = priorities.map((value) => ({
  value,
  text: value === "none" ? "No priority" : priorityNames[value],
  icon: <PriorityIcon priority={value} />,
}));

/** The button with a task's priority, which opens the choice of another one. */
export function PriorityPicker({ priority, onChange, onDone }: Props) {
  const isSet = priority !== "none";
  return (
    <PopoverButton
      className={isSet ? "chip is-set" : "chip"}
      label={isSet ? `Priority: ${priorityNames[priority]}` : "Priority"}
      title="Priority"
      onDone={onDone}
      content={(close) => (
        <Choice legend="Priority" options={options} value={priority} onChange={onChange} onDone={close} />
      )}
    >
      <PriorityIcon priority={priority} />
      {isSet ? priorityNames[priority] : "Priority"}
    </PopoverButton>
  );
}
