import "./ui.css";

interface Props {
  title: string;
  detail: string;
  action: string;
  onAction: () => void;
}

/** Stands where something could not be shown: what went wrong, and what to do next. */
export function ErrorState({ title, detail, action, onAction }: Props) {
  return (
    <div className="error-state" role="alert">
      <p className="error-title">{title}</p>
      <p className="error-detail">{detail}</p>
      <button type="button" className="button" onClick={onAction}>
        {action}
      </button>
    </div>
  );
}
