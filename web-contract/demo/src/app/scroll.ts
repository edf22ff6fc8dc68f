import { useLayoutEffect } from "react";
import type { View } from "./route";

const storageKey = "tasklane.scroll";

/** How many pixels each view was scrolled down in this tab. */
type Positions = Partial<Record<View, number>>;

const positions = JSON.parse(sessionStorage.getItem(storageKey) ?? "{}") as Positions;
addEventListener("pagehide", () => sessionStorage.setItem(storageKey, JSON.stringify(positions)));
history.scrollRestoration = "manual";

/** What people do themselves ends the way back to where they were. */
const ownMoves = ["wheel", "touchstart", "pointerdown", "keydown"];

/** Shows each view where it was left, also after a reload, when the list has still to grow to its old height. */
export function useScrollMemory(view: View): void {
  useLayoutEffect(() => {
    let wanted = positions[view];
    const settle = () => (wanted = undefined);
    const restore = () => {
      if (wanted === undefined) return;
      scrollTo(0, wanted);
      if (Math.abs(scrollY - wanted) < 2) settle();
    };
    const note = () => {
      if (wanted === undefined) positions[view] = Math.round(scrollY);
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
  }, [view]);
}

/** Lets views begin at their top again. */
export function forgetScroll(...forgotten: readonly View[]): void {
  for (const view of forgotten) delete positions[view];
}
