import { afterEach, expect, test, vi } from "vitest";
import { mapOfTab, recall, recallKeys, remember } from "../src/ui/remember";

const blocked = () => {
  throw new DOMException("blocked", "SecurityError");
};

/** A storage without limits. */
function storageOf(items: Record<string, string>) {
  const methods = {
    getItem: (key: string) => items[key] ?? null,
    setItem: (key: string, value: string) => void (items[key] = value),
    removeItem: (key: string) => void delete items[key],
  };
  return Object.assign(Object.create(methods), items) as Storage;
}

afterEach(() => vi.unstubAllGlobals());

test("full storage causes no error", () => {
  vi.stubGlobal("localStorage", { getItem: () => "old", setItem: blocked, removeItem: blocked });
  expect([remember("key", "value"), remember("key", undefined), recall("key")]).toEqual([false, false, "old"]);
});

test("blocked storage causes no error", () => {
  vi.stubGlobal("addEventListener", () => {});
  for (const place of ["localStorage", "sessionStorage"]) Object.defineProperty(globalThis, place, { get: blocked, configurable: true });
  expect([recall("key"), remember("key", "value"), recallKeys("")]).toEqual([undefined, false, []]);
  expect([...mapOfTab("key")]).toEqual([]);
  for (const place of ["localStorage", "sessionStorage"]) Reflect.deleteProperty(globalThis, place);
});

test("stored values can be read", () => {
  const items: Record<string, string> = { "a.1": "one", b: "two" };
  vi.stubGlobal("localStorage", storageOf(items));
  expect([recall("b"), recall("c"), recallKeys("a.")]).toEqual(["two", undefined, ["a.1"]]);
  expect([remember("c", "three"), remember("b", undefined)]).toEqual([true, true]);
  expect(items).toEqual({ "a.1": "one", c: "three" });
});

test("a tab's map is stored when the page is left", () => {
  const items: Record<string, string> = {};
  let leave = () => {};
  vi.stubGlobal("addEventListener", (_: string, listener: () => void) => (leave = listener));
  vi.stubGlobal("sessionStorage", storageOf(items));
  mapOfTab<number>("tops").set("a", 1);
  leave();
  expect([...mapOfTab("tops")]).toEqual([["a", 1]]);
});
