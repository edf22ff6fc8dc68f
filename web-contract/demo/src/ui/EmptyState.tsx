import "./ui.css";

/** Stands where a list would be, and says why there is none. */
export function EmptyState({ title, text }: { title: string; text: string }) {
  return (
    <div className="empty">
      <p className="empty-title">{title}</p>
      <p>{text}</p>
    </div>
  );
}
