import { afterEach, expect, test, vi } from "vitest";
import { createOutbox } from "../src/data/outbox";

afterEach(() => vi.unstubAllGlobals());

const fails = (): never => {
  throw new DOMException("blocked", "SecurityError");
};

/** An unsent write of ann, from a page that is closed. */
const leftover = "tasklane.outbox.left";
const getItem = (name: string) => (name === leftover ? JSON.stringify({ user: "ann", holder: "gone", at: 1, name: "write", args: ["Left"] }) : null);

test.for<[string, object, number]>([
  ["is full", { setItem: fails }, 1],
  ["is read-only", { setItem: fails, removeItem: fails }, 1],
  ["cannot be emptied", { removeItem: fails }, 0],
])("a write is sent even if the storage %s", async ([, faults, unstored]) => {
  const storage = { [leftover]: "", getItem, setItem: () => {}, removeItem: () => {}, ...faults };
  vi.stubGlobal("localStorage", storage);
  const removed = vi.spyOn(storage, "removeItem");
  const outbox = createOutbox("ann");
  const sent: string[] = [];
  const write = outbox.persisted("write", async (_key, text: string) => {
    sent.push(text);
    return true;
  });
  const { saved } = write("One");
  expect(outbox.unstored.get().size).toBe(unstored);
  expect(await saved).toBe(true);
  expect(outbox.unstored.get().size).toBe(0);
  expect(sent).toEqual(["One"]);
  expect(outbox.clear).not.toThrow();
  expect(removed).toHaveBeenLastCalledWith(leftover);
});

test("a write is ordered after those of closed pages, even if the clock was set back", async () => {
  const entries: Record<string, string> = {};
  const storage = { setItem: (name: string, text: string) => void (entries[name] = text), removeItem: (name: string) => delete entries[name], getItem };
  vi.stubGlobal("localStorage", Object.assign(Object.create(storage), { [leftover]: "" }));
  vi.useFakeTimers({ now: 0 });
  createOutbox("ann").persisted("write", (_key, _text: string) => new Promise<boolean>(() => {}))("Next");
  vi.useRealTimers();
  const [entry] = Object.values(entries);
  expect(JSON.parse(entry!)).toMatchObject({ args: ["Next"], at: 2 });
});
