import { useSyncExternalStore } from "react";

/** A value outside of React that components can subscribe to. */
export interface Followed<Value> {
  get: () => Value;
  subscribe: (listener: () => void) => () => void;
}

/** A followed value that can be set. */
export interface Store<Value> extends Followed<Value> {
  set: (value: Value) => void;
}

export function createStore<Value>(initial: Value): Store<Value> {
  let value = initial;
  const listeners = new Set<() => void>();
  return {
    get: () => value,
    set(next) {
      if (Object.is(next, value)) return;
      value = next;
      for (const listener of listeners) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

export function useStore<Value>({ subscribe, get }: Followed<Value>): Value {
  return useSyncExternalStore(subscribe, get, get);
}

/** Subscribes to a part of the value. `select` must return the same part for the same value. */
export function useStorePart<Value, Part>({ subscribe, get }: Store<Value>, select: (value: Value) => Part): Part {
  return useSyncExternalStore(subscribe, () => select(get()));
}
