/** Loads a part of the page's code. Without a connection, it is loaded once there is one again. */
export async function loadPart<Part>(read: () => Promise<Part>): Promise<Part> {
  try {
    return await read();
  } catch {
    if (!navigator.onLine) await new Promise((resolve) => addEventListener("online", resolve, { once: true }));
    return read();
  }
}
