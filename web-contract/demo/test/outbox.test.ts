import { afterEach, expect, test, vi } from "vitest";
import { createOutbox } from "../src/data/outbox";

afterEach(() => vi.unstubAllGlobals());

const fails = (): never => {
  throw new DOMException("blocked", "SecurityError");
};

const none = (): null => null;

test.for<[string, object, number]>([
  ["is full", { getItem: none, setItem: fails, removeItem: () => {} }, 1],
  ["can be read only", { getItem: none, setItem: fails, removeItem: fails }, 1],
  ["cannot be emptied", { getItem: none, setItem: () => {}, removeItem: fails }, 0],
])("a write is sent where the storage %s", async ([, storage, unstored]) => {
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
