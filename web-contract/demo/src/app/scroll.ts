import { useLayoutEffect } from "react";
import { mapOfTab } from "../ui/remember";

/** How many pixels each view was scrolled down in this tab, by its path. */
const positions = mapOfTab<number>("tasklane.scroll");
history.scrollRestoration = "manual";

/** Events of the user that stop restoring the scroll position. */
const ownMoves = ["wheel", "touchstart", "pointerdown", "keydown"];

/** Shows each view where it was left, also after a reload, when the list has still to grow to its old height. */
export function useScrollMemory(path: string): void {
  useLayoutEffect(() => {
    let wanted = positions.get(path);
    const settle = () => (wanted = undefined);
    const restore = () => {
      if (wanted === undefined) return;
      scrollTo(0, wanted);
      if (Math.abs(scrollY - wanted) < 2) settle();
    };
    const note = () => {
      if (wanted === undefined) positions.set(path, Math.round(scrollY));
    };
    if (wanted === undefined) scrollTo(0, 0);
    restore();
    const observer = new ResizeObserver(restore);
    observer.observe(document.body);
    addEventListener("scroll", note);
    for (const move of ownMoves) addEventListener(move, settle);
    return () => {
      observer.disconnect();
      removeEventListener("scroll", note);
      for (const move of ownMoves) removeEventListener(move, settle);
    };
  }, [path]);
}

/** Lets a view begin at its top again, or all of them. */
export function forgetScroll(path?: string): void {
  if (path === undefined) positions.clear();
  else positions.delete(path);
}
