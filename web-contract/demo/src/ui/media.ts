import { useCallback, useSyncExternalStore } from "react";

/** From this width on, the sidebar is shown. */
export const wide = "(width >= 56.25rem)";

/** Below this width, the tab bar is at the bottom of the window. */
export const narrow = "(width < 36rem)";

/** Follows whether a media query matches. */
export function useMedia(query: string): boolean {
  const subscribe = useCallback(
    (listener: () => void) => {
      const list = matchMedia(query);
      list.addEventListener("change", listener);
      return () => list.removeEventListener("change", listener);
    },
    [query],
  );
  return useSyncExternalStore(subscribe, () => matchMedia(query).matches);
}
