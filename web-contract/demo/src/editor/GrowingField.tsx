import { useId } from "react";

interface Props {
  label: string;
  className: string;
  value: string;
  onChange: (value: string) => void;
  placeholder?: string;
  fault?: string | undefined;
  autoFocus?: boolean;
}

/** A field that is as high as its text, which a hidden copy measures. */
export function GrowingField({ label, className, value, onChange, placeholder, fault, autoFocus = false }: Props) {
  const faultId = useId();
  return (
    <div className={className}>
      <div className="growing" data-copy={value}>
        <textarea
          aria-label={label}
          rows={1}
          value={value}
          placeholder={placeholder}
          aria-invalid={fault !== undefined}
          aria-describedby={fault && faultId}
          onChange={(event) => onChange(event.target.value)}
          onFocus={({ target }) => target.setSelectionRange(value.length, value.length)}
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
