import { Fragment, type ReactNode } from "react";
import "./ui.css";

/** Short texts in a line, with dots between them. A line that wraps neither begins nor ends with a dot. */
export function Dotted({ parts }: { parts: ReactNode[] }) {
  return (
    <span className="dotted">
      {parts.map((part, index) => (
        <Fragment key={index}>
          {index > 0 && " "}
          <span>
            {index > 0 && <span>· </span>}
            {part}
          </span>
        </Fragment>
      ))}
    </span>
  );
}
