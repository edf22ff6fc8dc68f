import { useEffect, useState } from "react";
import { useNow } from "./clock";

/** Reports whether a value has been true for this many milliseconds. */
export function useTrueFor(value: boolean, milliseconds: number): boolean {
  const [isLong, setIsLong] = useState(false);
  useEffect(() => {
    if (!value) return setIsLong(false);
    const timer = setTimeout(() => setIsLong(true), milliseconds);
    return () => clearTimeout(timer);
  }, [value, milliseconds]);
  return value && isLong;
}

/** Whether a moment, in milliseconds since 1970, has passed. Infinity never passes. */
export function usePassed(moment: number): boolean {
  return moment <= useNow(() => moment).getTime();
}
