import { useRef, useState, type ReactNode } from "react";
import { flushSync } from "react-dom";
import { lazy } from "./lazy";

const Popover = lazy(async () => (await import("./Popover")).Popover);

interface ButtonProps {
  /** The button's accessible name, if it differs from its text. */
  label?: string | undefined;
  /** The title of the popover. */
  title: string;
  className: string;
  children: ReactNode;
  /** The button's name among the controls of its row. */
  control?: string;
  /** Which edges of the button and its popover are aligned. */
  align?: "start" | "end";
  /** Called after a choice has closed the popover. Without it, or a choice, the focus goes back to the button. */
  onDone?: (() => void) | undefined;
  content: (close: () => void) => ReactNode;
  /** Called when the popover closes, however that happens. */
  onClose?: () => void;
}

/** A button that opens a popover beside it. Escape and a click elsewhere close the popover. */
export function PopoverButton({ label, title, className, children, content, onDone, onClose, control, align = "start" }: ButtonProps) {
  const trigger = useRef<HTMLButtonElement>(null);
  const [isOpen, setOpen] = useState(false);

  function close() {
    setOpen(false);
    onClose?.();
  }

  function done() {
    // An open popover traps the focus.
    flushSync(close);
    onDone?.();
  }

  return (
    <>
      <button
        ref={trigger}
        type="button"
        className={className}
        data-control={control}
        aria-label={label}
        aria-haspopup="dialog"
        aria-expanded={isOpen}
        onClick={() => (isOpen ? close() : setOpen(true))}
      >
        {children}
      </button>
      {isOpen && (
        <Popover title={title} align={align} trigger={trigger} onClose={close}>
          {content(done)}
        </Popover>
      )}
    </>
  );
}
