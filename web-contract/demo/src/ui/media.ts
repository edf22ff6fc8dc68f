import type { Followed } from "./store";

/** Follows whether a media query matches. */
function media(query: string): Followed<boolean> {
  const list = matchMedia(query);
  return {
    get: () => list.matches,
    subscribe(listener) {
      list.addEventListener("change", listener);
      return () => list.removeEventListener("change", listener);
    },
  };
}

/** From this width on, the sidebar is shown. */
export const wide = media("(width >= 56.25rem)");

/** Below this width, the tab bar is at the bottom of the window. */
export const narrow = media("(width < 36rem)");

export const print = media("print");
