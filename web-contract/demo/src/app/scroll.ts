import { useLayoutEffect } from "react";
import { tabMap } from "../ui/storage";

/** How many pixels each view was scrolled down in this tab, by its path. */
const positions = tabMap<number>("tasklane.scroll");
history.scrollRestoration = "manual";

/** Events of the user that stop restoring the scroll position. */
const userEvents = ["wheel", "touchstart", "pointerdown", "keydown"];

/** Restores the scroll position of each view, also after a reload, as soon as the list is high enough. */
export function useScrollMemory(path: string): void {
  useLayoutEffect(() => {
    let wanted = positions.get(path);
    const stop = () => (wanted = undefined);
    const restore = () => {
      if (wanted === undefined) return;
      scrollTo(0, wanted);
      if (Math.abs(scrollY - wanted) < 2) stop();
    };
    const save = () => {
      if (wanted === undefined) positions.set(path, Math.round(scrollY));
    };
    if (wanted === undefined) scrollTo(0, 0);
    restore();
    const observer = new ResizeObserver(restore);
    observer.observe(document.body);
    addEventListener("scroll", save);
    for (const type of userEvents) addEventListener(type, stop);
    return () => {
      observer.disconnect();
      removeEventListener("scroll", save);
      for (const type of userEvents) removeEventListener(type, stop);
    };
  }, [path]);
}

/** Deletes the scroll position of a view, or of all. */
export function clearScroll(path?: string): void {
  if (path === undefined) positions.clear();
  else positions.delete(path);
}
