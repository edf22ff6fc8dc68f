import { renderToStaticMarkup } from "react-dom/server";
import { afterEach, expect, test, vi } from "vitest";
import { AccountPage } from "../src/account/AccountPage";

afterEach(() => vi.unstubAllGlobals());

test.for([
  ["?changed", "Your password is changed. Sign in with the new one."],
  ["?__proto__", undefined],
  ["?constructor", undefined],
] as const)("the page to sign in, opened with %s, says: %s", ([search, message]) => {
  vi.stubGlobal("location", { search });
  const note = /<p class="account-note" role="status">(.*?)<\/p>/.exec(renderToStaticMarkup(<AccountPage />));
  expect(note?.[1]).toBe(message);
});
