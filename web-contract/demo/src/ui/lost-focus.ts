/** Moves the focus to the heading of the page when the element that has it is removed. */
export function guardFocus(): void {
  let focused: Element | null = null;
  const remember = () => {
    focused = document.activeElement;
  };
  addEventListener("focusin", remember);
  // A click beside the controls takes the focus from them.
  addEventListener("click", remember, true);
  new MutationObserver(() => {
    if (focused?.isConnected !== false) return;
    focused = null;
    // A dialog that closes moves the focus itself, a moment later.
    setTimeout(() => document.activeElement === document.body && focusHeading(), 100);
  }).observe(document.body, { childList: true, subtree: true });
}

/** The heading to which the focus was moved last. */
let heading: HTMLElement | null = null;

/** Whether no element has the focus, or only the heading, in place of an element that was removed. */
export const isFocusLost = (): boolean => document.activeElement === document.body || document.activeElement === heading;

/** Moves the focus to the heading of the page. */
export function focusHeading(): void {
  heading = document.querySelector("h1");
  if (!heading) return;
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
}
