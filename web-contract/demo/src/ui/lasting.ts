import { useEffect, useState } from "react";
import { useNow } from "./clock";

/** Whether `now` has been true for `after` milliseconds. */
export function useLasting(now: boolean, after: number): boolean {
  const [lasting, setLasting] = useState(false);
  useEffect(() => {
    if (!now) return setLasting(false);
    const timer = setTimeout(() => setLasting(true), after);
    return () => clearTimeout(timer);
  }, [now, after]);
  return now && lasting;
}

/** Whether a moment, in milliseconds since 1970, has passed. Infinity never passes. */
export function usePassed(moment: number): boolean {
  return moment <= useNow(() => moment).getTime();
}
