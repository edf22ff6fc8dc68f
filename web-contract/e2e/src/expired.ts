import { expect } from "vitest";
import { eventually } from "./eventually.js";
import { severalBffs } from "./stack.js";

/** Expects the code session_expired from a request: at once, or once its cache has expired with several bffs, as another one may have ended the session. */
export async function expectExpired(request: () => Promise<string>): Promise<void> {
  const expectNow = async () => expect(await request()).toBe("session_expired");
  await (severalBffs ? eventually(expectNow, 500) : expectNow());
}
