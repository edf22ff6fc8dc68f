import type { BrowserContext, CDPSession } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject } from "vitest";
import { expectSuccess, test, useWholeApi } from "../src/device.js";
import { eventually } from "../src/eventually.js";
import { serveForeign, type ForeignServer } from "../src/foreign.js";
import { startSite, type Site } from "../src/site.js";
import { newAccount } from "../src/visitor.js";

const stack = inject("stack");

/** The names and domains of the cookies that a browser holds. */
async function domains(context: BrowserContext): Promise<Record<string, string>> {
  return Object.fromEntries((await context.cookies()).map(({ name, domain }) => [name, domain]));
}

describe.concurrent("a front end on another trusted origin", () => {
  let server: ForeignServer;
  beforeAll(async () => {
    server = await serveForeign(Number(new URL(stack.trustedOrigin).port));
  });
  afterAll(() => server.stop());

  test("can use the whole API with the user's cookie", async ({ openDevice }) => {
    const device = await openDevice(stack.trustedOrigin, stack.url);
    await useWholeApi(device);
    expect(await domains(device.context)).toEqual({ "better-auth.session_token": "localhost" });
  });

  test("sends one preflight in two hours", async ({ openDevice }) => {
    const device = await openDevice(stack.trustedOrigin, stack.url);
    await device.signUp(newAccount());
    const preflights = await recordPreflights(await device.context.newCDPSession(device.page));
    const create = () => device.page.evaluate(() => window.clients.api.createTask({ title: "Water the plants" }));
    for (let round = 0; round < 3; round++) await create();
    const path = new URL("/api/tasks", stack.url).href;
    await eventually(() => expect(preflights).toEqual([{ url: path, maxAge: "7200", origin: stack.trustedOrigin }]));
  });
});

interface Preflight {
  url: string;
  maxAge: string | undefined;
  origin: string | undefined;
}

/** Records the preflights of a page, which only the debugger sees. */
async function recordPreflights(debug: CDPSession): Promise<Preflight[]> {
  const seen: Preflight[] = [];
  debug.on("Network.responseReceived", ({ type, response: { url, headers } }) => {
    const header = (name: string) => Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
    if (type === "Preflight") {
      seen.push({ url, maxAge: header("access-control-max-age"), origin: header("access-control-allow-origin") });
    }
  });
  await debug.send("Network.enable");
  return seen;
}

describe.concurrent("a front end on a sub-domain", () => {
  const origin = (name: string, port: number) => `http://${name}.tasks.test:${port}`;
  let server: ForeignServer;
  let site: Site;
  beforeAll(async () => {
    server = await serveForeign();
    const page = origin("app", server.port);
    site = await startSite(stack, {
      publicUrl: (port) => origin("api", port),
      auth: { COOKIE_DOMAIN: "tasks.test", BETTER_AUTH_TRUSTED_ORIGINS: page },
      bff: { TRUSTED_ORIGINS: page },
    });
  });
  afterAll(async () => {
    await server.stop();
    await site.stop();
  });

  test("can use the whole API, and its own server gets the session cookie too", async ({ openDevice }) => {
    const page = origin("app", server.port);
    const device = await openDevice(page, site.url);
    await useWholeApi(device);
    expect(await domains(device.context)).toEqual({ "better-auth.session_token": ".tasks.test" });

    // No other test opens this page.
    await device.page.goto(`${page}/own`);
    const [cookie] = await device.context.cookies(page);
    expect(server.lastHeaders("/own")?.cookie).toBe(`better-auth.session_token=${cookie!.value}`);
  });

  test("loses the cookie when the session ends", async ({ openDevice }) => {
    const [here, there] = await Promise.all(["", ""].map(() => openDevice(origin("app", server.port), site.url)));
    const account = newAccount();
    await here!.signUp(account);
    await there!.signIn(account);
    expect(await there!.apiOutcome()).toBe("ok");
    expectSuccess(await here!.page.evaluate(() => window.clients.auth.revokeSessions()));
    expect(await there!.apiOutcome()).toBe("session_expired");
    expect(await domains(there!.context)).toEqual({});
    expect(await there!.apiOutcome()).toBe("unauthenticated");
  });

  test("replaces a cookie that was set before the sub-domains", async ({ openDevice }) => {
    const device = await openDevice(origin("app", server.port), site.url);
    const account = newAccount();
    await device.signUp(account);
    const [{ name, value }] = (await device.context.cookies()) as unknown as [{ name: string; value: string }];
    await device.context.clearCookies();
    await device.context.addCookies([{ name, value, url: site.url, httpOnly: true, sameSite: "Lax" }]);
    expect(await device.apiOutcome()).toBe("ok");
    expectSuccess(await device.page.evaluate(() => window.clients.auth.signOut()));
    expect(await domains(device.context)).toEqual({});
    await device.signIn(account);
    expect(await device.apiOutcome()).toBe("ok");
  });
});
