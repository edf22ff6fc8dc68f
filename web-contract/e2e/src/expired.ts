import { expect, vi } from "vitest";
import { severalBffs } from "./stack.js";

/** The bff's default SESSION_CACHE_TTL, plus a margin for a busy machine. */
const longestTTL = 45_000;

/** Expects session_expired: at once, or within SESSION_CACHE_TTL if another of several bffs ended the session. */
export async function expectExpired(outcome: () => Promise<string>): Promise<void> {
  const expectNow = async () => expect(await outcome()).toBe("session_expired");
  await (severalBffs ? vi.waitFor(expectNow, { timeout: longestTTL, interval: 500 }) : expectNow());
}
