import { useEffect, useId, useRef } from "react";

interface Props {
  label: string;
  className: string;
  value: string;
  onChange: (value: string) => void;
  placeholder?: string;
  fault?: string | undefined;
  autoFocus?: boolean;
}

/** A text area that grows with its text. A hidden copy of the text sets its height. */
export function GrowingField({ label, className, value, onChange, placeholder, fault, autoFocus = false }: Props) {
  const faultId = useId();
  const field = useRef<HTMLTextAreaElement>(null);

  // The caret starts at the end of the text.
  useEffect(() => {
    const { current } = field;
    if (autoFocus) current?.setSelectionRange(current.value.length, current.value.length);
  }, [autoFocus]);

  return (
    <div className={className}>
      <div className="growing" data-copy={value}>
        <textarea
          ref={field}
          dir="auto"
          aria-label={label}
          rows={1}
          value={value}
          placeholder={placeholder}
          aria-invalid={fault !== undefined}
          aria-describedby={fault && faultId}
          onChange={(event) => onChange(event.target.value)}
          autoFocus={autoFocus}
        />
      </div>
      {fault && (
        <p id={faultId} className="field-fault" role="alert">
          {fault}
        </p>
      )}
    </div>
  );
}
