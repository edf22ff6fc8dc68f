import { lazy as reactLazy, Suspense, useState, type ComponentType } from "react";
import { loadPart } from "./load";

const loads: (() => unknown)[] = [];

/**
 * Makes a component whose code is not part of the page's first script. Most are loaded with the rest of the page, others
 * when they are first rendered. Once loaded, they render at once.
 */
export function lazy<Props extends object>(read: () => Promise<ComponentType<Props>>, withRest = true): ComponentType<Props> {
  let loaded: ComponentType<Props> | undefined;
  const load = async () => ({ default: (loaded = await loadPart(read)) });
  const Lazy = reactLazy(load);
  if (withRest) loads.push(load);
  return function LazyPart(props) {
    const [Part] = useState(() => loaded ?? Lazy);
    return (
      <Suspense>
        <Part {...props} />
      </Suspense>
    );
  };
}

/** Loads all components with `withRest` after the page has rendered, so that they are available later, also offline. */
export function loadRest(): void {
  for (const load of loads) void load();
}
