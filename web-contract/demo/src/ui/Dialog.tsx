import { useRef, type ReactNode } from "react";
import { DismissButton, Overlay } from "react-aria/Overlay";
import { useDialog } from "react-aria/useDialog";
import { useModalOverlay } from "react-aria/useModalOverlay";
import { useOverlayTriggerState } from "react-stately/useOverlayTriggerState";
import "./dialog.css";

interface Props {
  title: string;
  /** alertdialog: the user must choose; a click elsewhere does not close it. */
  role?: "dialog" | "alertdialog";
  /** Called when the dialog is closed without a choice; if undefined, it cannot be closed. */
  onClose?: () => void;
  /** Whether it slides in from the side, as high as the window. */
  isDrawer?: boolean;
  children: ReactNode;
}

/** A modal window over the page. */
export function Dialog({ title, role = "dialog", onClose, isDrawer = false, children }: Props) {
  const ref = useRef<HTMLDivElement>(null);
  const state = useOverlayTriggerState({ isOpen: true, onOpenChange: () => onClose?.() });
  const { modalProps, underlayProps } = useModalOverlay(
    { isDismissable: role === "dialog", isKeyboardDismissDisabled: !onClose },
    state,
    ref,
  );
  const { dialogProps, titleProps } = useDialog({ role }, ref);
  return (
    <Overlay>
      <div {...underlayProps} className={isDrawer ? "dialog-ground is-drawer" : "dialog-ground"} data-overlay>
        <div {...modalProps} {...dialogProps} ref={ref} className="dialog">
          <h2 {...titleProps} className="dialog-title">
            {title}
          </h2>
          {children}
          {onClose && <DismissButton onDismiss={onClose} />}
        </div>
      </div>
    </Overlay>
  );
}
