import { useId, type ComponentProps } from "react";
import "./ui.css";

interface Props extends ComponentProps<"input"> {
  label: string;
  hint?: string;
}

/** A labelled line of text, with a hint below it if there is one. */
export function TextField({ label, hint, ...input }: Props) {
  const id = useId();
  return (
    <div className="text-field">
      <label htmlFor={id}>{label}</label>
      <input id={id} aria-describedby={hint && `${id}-hint`} {...input} />
      {hint && (
        <p id={`${id}-hint`} className="hint">
          {hint}
        </p>
      )}
    </div>
  );
}
