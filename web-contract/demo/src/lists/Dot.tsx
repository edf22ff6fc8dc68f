import type { List } from "@tasklane/web-contract";
import "./lists.css";

/** The dot of a list, filled with its color if it has one. */
export function Dot({ color }: Pick<List, "color">) {
  return <span className="dot" {...(color && { "data-color": color, style: { color: `var(--${color})` } })} />;
}
