import { afterEach, expect, test, vi } from "vitest";
import { remember } from "../src/ui/remember";

afterEach(() => vi.unstubAllGlobals());

test("a choice that the browser cannot store fails nothing", () => {
  vi.stubGlobal("localStorage", {
    setItem: () => {
      throw new DOMException("full", "QuotaExceededError");
    },
  });
  expect(() => remember("key", "value")).not.toThrow();
});

test("a choice is stored", () => {
  const setItem = vi.fn();
  vi.stubGlobal("localStorage", { setItem });
  remember("key", "value");
  expect(setItem).toHaveBeenCalledWith("key", "value");
});
