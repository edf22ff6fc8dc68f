import type { ReactNode } from "react";
import "./ui.css";

/** Replaces an empty list, and says why it is empty. */
export function EmptyState({ title, text }: { title: string; text: ReactNode }) {
  return (
    <div className="empty">
      <p className="empty-title">{title}</p>
      <p>{text}</p>
    </div>
  );
}
