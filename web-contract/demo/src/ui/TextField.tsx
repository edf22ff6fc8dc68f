import { useId, type ComponentProps } from "react";
import "./ui.css";

interface Props extends ComponentProps<"input"> {
  label: string;
  hint?: string;
  /** The error of the field's value. */
  fault?: string | undefined;
}

/** A labeled text field, with a hint or an error below it. */
export function TextField({ label, hint, fault, id: given, ...input }: Props) {
  const own = useId();
  const id = given ?? own;
  const note = fault ?? hint;
  return (
    <div className="text-field">
      <label htmlFor={id}>{label}</label>
      <input id={id} className="framed-field" dir="auto" aria-invalid={fault !== undefined} aria-describedby={note && `${id}-note`} {...input} />
      {note && (
        <p id={`${id}-note`} className={fault ? "field-fault" : "hint"} role={fault && "alert"}>
          {note}
        </p>
      )}
    </div>
  );
}
