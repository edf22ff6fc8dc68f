import { expect } from "vitest";
import { eventually } from "./eventually.js";
import { severalBffs } from "./stack.js";

/** Expects the code session_expired from a request. If another bff has ended the session, this one responds with it once its cache has expired. */
export async function expectExpired(request: () => Promise<string>): Promise<void> {
  const expectNow = async () => expect(await request()).toBe("session_expired");
  await (severalBffs ? eventually(expectNow, 500) : expectNow());
}
