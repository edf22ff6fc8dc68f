import { useState } from "react";
import "./ui.css";

interface Props {
  label: string;
  type: "date" | "time" | "number";
  min?: number;
  max?: number | string;
  value: string;
  onChange: (value: string) => void;
  autoFocus?: boolean;
}

/** A small labeled field. It shows the typed text, even if that is not valid yet, until it loses the focus. */
export function PartField({ label, value, onChange, ...input }: Props) {
  const [typed, setTyped] = useState<string>();
  return (
    <label className="part-field">
      <span>{label}</span>
      <input
        className="framed-field"
        {...input}
        value={typed ?? value}
        onChange={({ target }) => {
          setTyped(target.value);
          // A field that is half filled has no value, like an empty one.
          if (target.validity.valid) onChange(target.value);
        }}
        onBlur={() => setTyped(undefined)}
      />
    </label>
  );
}
