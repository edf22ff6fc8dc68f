import { useEffect, useState } from "react";
import { useNow } from "./clock";

/** True once something has been so for a while, in milliseconds. */
export function useLasting(now: boolean, after: number): boolean {
  const [lasting, setLasting] = useState(false);
  useEffect(() => {
    if (!now) return setLasting(false);
    const timer = setTimeout(() => setLasting(true), after);
    return () => clearTimeout(timer);
  }, [now, after]);
  return now && lasting;
}

/** Whether a moment has passed, in milliseconds since 1970. The one that never comes is Infinity. */
export function usePassed(moment: number): boolean {
  return moment <= useNow(() => moment).getTime();
}
