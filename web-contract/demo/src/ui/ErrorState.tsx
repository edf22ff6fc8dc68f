import "./ui.css";

interface Props {
  title: string;
  detail: string;
  action: string;
  onAction: () => void;
  /** Whether nothing else is on the page. */
  alone?: boolean;
}

/** Replaces content that could not be loaded or rendered, with the reason and a button. */
export function ErrorState({ title, detail, action, onAction, alone = false }: Props) {
  const Title = alone ? "h1" : "p";
  return (
    <div className="error-state" role="alert">
      <Title className="error-title">{title}</Title>
      <p className="error-detail">{detail}</p>
      <button type="button" className="button" onClick={onAction}>
        {action}
      </button>
    </div>
  );
}
