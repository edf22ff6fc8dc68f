import { useEffect } from "react";
import { createStore, useStore } from "./store";

/** The longest delay between two checks of the clock, in milliseconds: timers stop while a machine sleeps. */
const maxDelay = 60_000;

/** The time that the page shows. It is updated at the next awaited time. */
const clock = createStore(new Date());
/** The next time, in milliseconds since 1970, at which each caller of useNow renders something else. */
const awaited = new Map<object, number>();
let timer: ReturnType<typeof setTimeout> | undefined;

function tick(): void {
  const next = () => Math.min(...[...awaited.values()].filter((moment) => moment > clock.get().getTime()));
  // The clock may also have been set back.
  if (next() <= Date.now() || Date.now() < clock.get().getTime()) clock.set(new Date());
  clearTimeout(timer);
  if (awaited.size > 0) timer = setTimeout(tick, Math.min(next() - Date.now(), maxDelay));
}

/** Renders everything that depends on the time. */
export const redraw = () => clock.set(new Date());

/**
 * Returns the time that the page shows, and renders again at the time that `next` returns, in milliseconds since 1970.
 * Without `next`, it renders again only when another caller does.
 */
export function useNow(next = (_now: Date) => Infinity): Date {
  const now = useStore(clock);
  const moment = next(now);
  useEffect(() => {
    if (moment === Infinity) return;
    const caller = {};
    awaited.set(caller, moment);
    tick();
    return () => void awaited.delete(caller);
  }, [moment]);
  return now;
}
