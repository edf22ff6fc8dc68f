import type { BrowserContext } from "playwright-core";
import { describe, expect, inject } from "vitest";
import { test } from "../src/device.js";
import { jwtsIn } from "../src/jwt.js";
import { addTask, completedTask, openTask, signIn, signOut, signUp } from "../src/page.js";
import { jwtOf, newAccount, newUser } from "../src/visitor.js";

const { url } = inject("stack");

/** Records every response to a browser from now on: addresses, headers and bodies. */
function recordResponses(context: BrowserContext): () => Promise<{ path: string; text: string }[]> {
  const responses: Promise<{ path: string; text: string }>[] = [];
  context.on("response", (response) => {
    const text = async () => {
      const headers = JSON.stringify(await response.headersArray());
      // Redirects and preflights have no body.
      const body = await response.text().catch(() => "");
      return { path: new URL(response.url()).pathname, text: `${response.url()}\n${headers}\n${body}` };
    };
    responses.push(text());
  });
  return () => Promise.all(responses);
}

describe.concurrent("a JWT", () => {
  test("never reaches a browser", async ({ openDevice }) => {
    const { page, context } = await openDevice(url);
    const responses = recordResponses(context);
    await page.reload();
    const account = newAccount();
    await signUp(page, account);
    await addTask(page, "Water the plants");
    await openTask(page, "Water the plants").click();
    await completedTask(page, "Water the plants").waitFor();

    const paths = [
      "/api/session",
      "/api/tasks",
      "/api/changes",
      "/api/nothing",
      "/api/auth/get-session",
      "/api/auth/list-sessions",
      "/api/auth/token",
      "/api/auth/%74oken",
      "/api/auth/get-access-token",
      "/api/auth/refresh-token",
      "/api/auth/jwks",
      "/api/auth/ok",
    ];
    const fetchAll = (all: string[]) => Promise.all(all.map((path) => fetch(path).then((response) => response.text())));
    await page.evaluate(fetchAll, paths);
    const stored = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]));
    const cookies = JSON.stringify(await context.cookies());
    await signOut(page);
    await page.evaluate(fetchAll, paths);
    await signIn(page, account);
    await completedTask(page, "Water the plants").waitFor();
    await signOut(page); // ends the stream of changes, which is a response too

    const all = await responses();
    const received = new Set(all.map(({ path }) => path));
    const expected = ["/", ...paths, "/api/auth/sign-up/email", "/api/auth/sign-in/email", "/api/auth/sign-out"];
    expect(expected.filter((path) => !received.has(path))).toEqual([]);
    const texts = [...all.map(({ text }) => text), stored, cookies];
    expect(texts.filter((text) => jwtsIn(text).length > 0 || /set-auth-jwt/i.test(text))).toEqual([]);
    expect(texts.join()).toContain(account.email);
  });

  test("is found in four encodings, if it is there", async () => {
    const jwt = await jwtOf((await newUser()).account);
    const base64 = Buffer.from(`{"token":"${jwt}"}`).toString("base64");
    for (const form of [jwt, `x=${jwt.replaceAll(".", "%2E")};`, encodeURIComponent(`"${jwt}"`), `["${base64}"]`]) {
      expect(jwtsIn(form)).toEqual([jwt]);
    }
    expect(jwtsIn("event.target.value and www.example.com")).toEqual([]);
  });
});
