import { afterEach, expect, test, vi } from "vitest";
import { createOutbox } from "../src/data/outbox";

afterEach(() => vi.unstubAllGlobals());

const fails = () => {
  throw new DOMException("blocked", "SecurityError");
};

test.for([
  ["is full", { getItem: () => null, setItem: fails, removeItem: () => {} }, 1],
  ["can be read only", { getItem: () => null, setItem: fails, removeItem: fails }, 1],
  ["cannot be emptied", { getItem: () => null, setItem: () => {}, removeItem: fails }, 0],
] as const)("a write is sent where the storage %s", async ([, storage, unstored]) => {
  vi.stubGlobal("localStorage", storage);
  const outbox = createOutbox("ann");
  const sent: string[] = [];
  const write = outbox.kept("write", async (_key, text: string) => {
    sent.push(text);
    return true;
  });
  const { saved } = write("One");
  expect(outbox.unstored.get().size).toBe(unstored);
  expect(await saved).toBe(true);
  expect(outbox.unstored.get().size).toBe(0);
  expect(sent).toEqual(["One"]);
  expect(outbox.clear).not.toThrow();
});
