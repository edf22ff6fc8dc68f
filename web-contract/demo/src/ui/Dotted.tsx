import { Fragment, type ReactNode } from "react";
import "./ui.css";

/** Short texts in a line, with dots between them. A line that wraps neither begins nor ends with a dot. */
export function Dotted({ parts }: { parts: ReactNode[] }) {
  return (
    <span className="dotted">
      {parts.map((part, at) => (
        <Fragment key={at}>
          {at > 0 && " "}
          <span>
            {at > 0 && <span>· </span>}
            {part}
          </span>
        </Fragment>
      ))}
    </span>
  );
}
