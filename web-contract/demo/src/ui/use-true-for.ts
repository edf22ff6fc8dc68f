import { useEffect, useState } from "react";

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
