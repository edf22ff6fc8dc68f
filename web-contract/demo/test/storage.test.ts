import { afterEach, expect, test, vi } from "vitest";
import { readItem, storedKeys, tabMap, writeItem } from "../src/ui/storage";

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
  expect([writeItem("key", "value"), writeItem("key", undefined), readItem("key")]).toEqual([false, false, "old"]);
});

test("blocked storage causes no error", () => {
  vi.stubGlobal("addEventListener", () => {});
  for (const place of ["localStorage", "sessionStorage"]) Object.defineProperty(globalThis, place, { get: blocked, configurable: true });
  expect([readItem("key"), writeItem("key", "value"), storedKeys("")]).toEqual([undefined, false, []]);
  expect([...tabMap("key")]).toEqual([]);
  for (const place of ["localStorage", "sessionStorage"]) Reflect.deleteProperty(globalThis, place);
});

test("stored values can be read", () => {
  const items: Record<string, string> = { "a.1": "one", b: "two" };
  vi.stubGlobal("localStorage", storageOf(items));
  expect([readItem("b"), readItem("c"), storedKeys("a.")]).toEqual(["two", undefined, ["a.1"]]);
  expect([writeItem("c", "three"), writeItem("b", undefined)]).toEqual([true, true]);
  expect(items).toEqual({ "a.1": "one", c: "three" });
});

test("a tab's map is stored when the page is left", () => {
  const items: Record<string, string> = {};
  let leave = () => {};
  vi.stubGlobal("addEventListener", (_: string, listener: () => void) => (leave = listener));
  vi.stubGlobal("sessionStorage", storageOf(items));
  tabMap<number>("tops").set("a", 1);
  leave();
  expect([...tabMap("tops")]).toEqual([["a", 1]]);
});
