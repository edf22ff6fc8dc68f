/** Moves the focus to the heading of the page when a click or a key has removed the element that had it. */
export function guardFocus(): void {
  addEventListener("click", watch, true);
  addEventListener("keydown", watch, true);
}

/** Moves the focus to the heading of the page. */
export function focusHeading(): void {
  const heading = document.querySelector("h1");
  if (!heading) return;
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
}

function watch(): void {
  const focused = document.activeElement;
  const restore = () => focused?.isConnected === false && document.activeElement === document.body && focusHeading();
  // The page changes a moment later, and a dialog that closes moves the focus itself.
  setTimeout(restore, 100);
}
