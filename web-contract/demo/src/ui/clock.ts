import { useEffect } from "react";
import { createStore, useStore } from "./store";

/** The longest time between two looks at the clock, in milliseconds: timers stand still while a machine sleeps. */
const longestPause = 60_000;

/** The time that the page shows. It moves on when a moment comes that something waits for. */
const clock = createStore(new Date());
/** The moments that something waits for, in milliseconds since 1970. */
const awaited = new Map<object, number>();
let timer: ReturnType<typeof setTimeout> | undefined;

function tick(): void {
  const next = () => Math.min(...[...awaited.values()].filter((moment) => moment > clock.get().getTime()));
  if (next() <= Date.now()) clock.set(new Date());
  clearTimeout(timer);
  if (awaited.size > 0) timer = setTimeout(tick, Math.min(next() - Date.now(), longestPause));
}

/** Draws everything anew that goes by the time. */
export const redraw = () => clock.set(new Date());

/** Returns the time, and draws anew at the next moment, which is in milliseconds since 1970. */
export function useNow(next: (now: Date) => number): Date {
  const now = useStore(clock);
  const moment = next(now);
  useEffect(() => {
    const waiting = {};
    awaited.set(waiting, moment);
    tick();
    return () => void awaited.delete(waiting);
  }, [moment]);
  return now;
}
