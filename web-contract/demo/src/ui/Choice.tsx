import { useId, type KeyboardEvent, type ReactNode } from "react";
import { TickIcon } from "./icons";
import "./popover.css";

interface Option<Value extends string> {
  value: Value;
  text: string;
  icon?: ReactNode;
}

interface Props<Value extends string> {
  legend: string;
  options: readonly Option<Value>[];
  value: Value;
  onChange: (value: Value) => void;
  /** Called when the choice is made by a click or Enter, but not by the arrow keys, which move through the options. */
  onDone?: () => void;
}

/** A list of options, of which one is chosen. */
export function Choice<Value extends string>({ legend, options, value, onChange, onDone }: Props<Value>) {
  const name = useId();

  function onKeyDown(event: KeyboardEvent) {
    if (event.key !== "Enter") return;
    event.preventDefault();
    onDone?.();
  }

  return (
    <fieldset className="plain" onKeyDown={onKeyDown}>
      <legend className="visually-hidden">{legend}</legend>
      {options.map((option) => (
        <label key={option.value} className="option" onPointerUp={() => onDone && setTimeout(onDone)}>
          <input
            type="radio"
            name={name}
            checked={option.value === value}
            onChange={() => onChange(option.value)}
            autoFocus={option.value === value}
          />
          {option.icon}
          <span className="option-text">{option.text}</span>
          <span className="option-mark">
            <TickIcon />
          </span>
        </label>
      ))}
    </fieldset>
  );
}
