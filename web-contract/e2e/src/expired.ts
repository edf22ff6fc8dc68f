import { expect, vi } from "vitest";
import { severalBffs } from "./stack.js";

/** The bff's default SESSION_CACHE_TTL, and what a busy machine takes besides. */
const longestTTL = 45_000;

/** Expects answers that the session has ended: at once, or where another of several bffs ended it within SESSION_CACHE_TTL. */
export async function expectExpired(answer: () => Promise<string>): Promise<void> {
  const expectNow = async () => expect(await answer()).toBe("session_expired");
  await (severalBffs ? vi.waitFor(expectNow, { timeout: longestTTL, interval: 500 }) : expectNow());
}
