import { expect, vi } from "vitest";
import { severalBffs } from "./stack.js";

/** In milliseconds: the default of SESSION_CACHE_TTL (30 s), plus a margin for a busy machine. */
const expiryTimeout = 45_000;

/** Expects the code session_expired from a request: at once, or within expiryTimeout with several bffs, as another one may have ended the session. */
export async function expectExpired(request: () => Promise<string>): Promise<void> {
  const expectNow = async () => expect(await request()).toBe("session_expired");
  await (severalBffs ? vi.waitFor(expectNow, { timeout: expiryTimeout, interval: 500 }) : expectNow());
}
