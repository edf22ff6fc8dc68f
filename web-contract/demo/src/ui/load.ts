import { createStore } from "./store";

/** Loads a part of the page's code. Without a connection, it is loaded once there is one again. */
export async function loadPart<Part>(read: () => Promise<Part>): Promise<Part> {
  try {
    return await read();
  } catch {
    if (!navigator.onLine) await new Promise((resolve) => addEventListener("online", resolve, { once: true }));
    return read();
  }
}

/** Code that is not part of the page's first script. It is undefined until it is loaded. */
export function createLoadable<Part>(read: () => Promise<Part>) {
  const part = createStore<Part | undefined>(undefined);
  return { ...part, load: () => loadPart(read).then(part.set, () => {}) };
}
