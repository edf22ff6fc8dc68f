import { useRef, type ReactNode, type RefObject } from "react";
import { DismissButton, Overlay } from "react-aria/Overlay";
import { useDialog } from "react-aria/useDialog";
import { usePopover } from "react-aria/usePopover";
import { useOverlayTriggerState } from "react-stately/useOverlayTriggerState";
import "./popover.css";

interface Props {
  title: string;
  align: "start" | "end";
  trigger: RefObject<HTMLButtonElement | null>;
  onClose: () => void;
  children: ReactNode;
}

/** A small window beside its button. */
export function Popover({ title, align, trigger, onClose, children }: Props) {
  const popoverRef = useRef<HTMLDivElement>(null);
  const state = useOverlayTriggerState({ isOpen: true, onOpenChange: onClose });
  const { popoverProps, underlayProps } = usePopover(
    { triggerRef: trigger, popoverRef, placement: `bottom ${align}`, offset: 6, containerPadding: 8 },
    state,
  );
  const { dialogProps } = useDialog({ "aria-label": title }, popoverRef);
  return (
    <Overlay>
      <div {...underlayProps} className="popover-backdrop" data-overlay />
      <div {...popoverProps} {...dialogProps} ref={popoverRef} className="popover" data-overlay>
        <DismissButton onDismiss={onClose} />
        {children}
        <DismissButton onDismiss={onClose} />
      </div>
    </Overlay>
  );
}
