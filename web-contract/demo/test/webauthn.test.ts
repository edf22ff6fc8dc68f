import { afterEach, beforeEach, expect, test, vi } from "vitest";

const fetched = vi.fn(async () => {
  throw new TypeError("Failed to fetch");
});

beforeEach(() => {
  const PublicKeyCredential = { isConditionalMediationAvailable: async () => true, parseRequestOptionsFromJSON: (options: object) => options };
  vi.stubGlobal("window", { PublicKeyCredential, location: { origin: "http://page.test" } });
  vi.stubGlobal("fetch", fetched);
});
afterEach(() => vi.unstubAllGlobals());

test("without a connection, passkey suggestions end silently, and the button fails", async () => {
  const { signInWithPasskey } = await import("../src/account/webauthn");
  const { signal } = new AbortController();
  expect(await signInWithPasskey(true, signal)).toBeUndefined();
  expect(fetched).toHaveBeenCalledOnce();
  await expect(signInWithPasskey(false, signal)).rejects.toThrow("Failed to fetch");
});
