import { useEffect, useReducer, useState } from "react";

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
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    if (moment === Infinity) return;
    const timer = setTimeout(redraw, moment - Date.now());
    return () => clearTimeout(timer);
  }, [moment]);
  return moment <= Date.now();
}

/** Returns the time, at most half a minute old. */
export function useNow(): Date {
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    const timer = setInterval(() => setNow(new Date()), 30_000);
    return () => clearInterval(timer);
  }, []);
  return now;
}
