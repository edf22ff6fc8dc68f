import type { ReactNode } from "react";
import { TickIcon } from "./icons";
import "./popover.css";

interface Props {
  text: string;
  icon?: ReactNode;
  aside?: string | number;
  checked: boolean;
  onChange: () => void;
}

/** Adds a value, or removes it if it is present. */
export function toggled<Value>(values: readonly Value[], value: Value): Value[] {
  return values.includes(value) ? values.filter((other) => other !== value) : [...values, value];
}

/** One of several options that can be chosen together. */
export function CheckOption({ text, icon, aside, checked, onChange }: Props) {
  return (
    <label className="option">
      <input type="checkbox" checked={checked} onChange={onChange} />
      {icon}
      <span className="option-text" dir="auto">{text}</span>
      {aside !== undefined && <span className="option-aside">{aside}</span>}
      <span className="option-mark">
        <TickIcon />
      </span>
    </label>
  );
}
