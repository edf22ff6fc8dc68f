import { useId, type ReactNode } from "react";
import "./ui.css";

interface Props<Value extends string> {
  label: string;
  hint?: string;
  value: Value;
  onChange: (value: Value) => void;
  /** The options. */
  children: ReactNode;
}

/** A labeled choice from a list, with a hint below it. */
export function SelectField<Value extends string>({ label, hint, value, onChange, children }: Props<Value>) {
  const id = useId();
  return (
    <div className="text-field">
      <label htmlFor={id}>{label}</label>
      <select id={id} className="framed-field" value={value} aria-describedby={hint && `${id}-hint`} onChange={({ target }) => onChange(target.value as Value)}>
        {children}
      </select>
      {hint && (
        <p id={`${id}-hint`} className="hint">
          {hint}
        </p>
      )}
    </div>
  );
}
