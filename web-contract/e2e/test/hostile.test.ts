import type { BrowserContext, Cookie, Response } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject } from "vitest";
import { expectSuccess, test, type Device } from "../src/device.js";
import { serveForeign, type ForeignServer } from "../src/foreign.js";
import { attack } from "../src/hostile.js";
import { newAccount, newVisitor, type Account } from "../src/visitor.js";

const { url } = inject("stack");
const timeoutMs = 5_000;

let server: ForeignServer;
let attacker: Account;
beforeAll(async () => {
  server = await serveForeign();
  attacker = newAccount();
  expectSuccess(await newVisitor().auth.signUp.email(attacker));
});
afterAll(() => server.stop());

/** Signs a user up with a task and a time zone. Without a zone, the site's page would set one in the windows that the attack opens. */
async function newVictim(device: Device): Promise<string> {
  await device.signUp(newAccount());
  return device.page.evaluate(async () => {
    const { api } = window.clients;
    await api.updateSettings({ timeZone: "Europe/Berlin" });
    return (await api.createTask({ title: "A secret" })).id;
  });
}

/** The site's cookies without the passkey challenge, which every sign-in page gets and which signs nobody in. */
async function siteCookies(context: BrowserContext) {
  return (await context.cookies(url)).filter(({ name }) => name !== "better-auth.better-auth-passkey");
}

/** The values of cookies: a response that only extends their life leaves them as they are. */
const valuesOf = (cookies: Cookie[]) => cookies.map(({ value }) => value);

/** Everything that the victim has at the site. */
async function victimState({ page, context }: Device) {
  const data = await page.evaluate(async () => {
    const { api, auth } = window.clients;
    return JSON.stringify([await api.listTasks(), await api.getSession(), await auth.getSession(), await auth.listSessions()]);
  });
  return { data, cookies: await siteCookies(context) };
}

/** Records the site's responses from now on. */
function recordSite(context: BrowserContext): Response[] {
  const all: Response[] = [];
  context.on("response", (response) => {
    if (response.url().startsWith(url)) all.push(response);
  });
  return all;
}

const readMethods = ["GET", "HEAD", "OPTIONS"];

/** The writes and streams that the site accepted from a foreign page. */
function accepted(responses: Response[]): string[] {
  return responses
    .filter((response) => !readMethods.includes(response.request().method()) || response.url().endsWith("/api/events"))
    .filter((response) => response.status() < 400)
    .map((response) => `${response.status()} ${response.request().method()} ${response.url()}`);
}

describe.concurrent("a hostile page", () => {
  test.for([
    ["on another site", "evil.example", "/"],
    // Its requests have the cookie: SameSite ignores ports.
    ["on another port of the same host", "localhost", "/"],
    ["without an origin, on the same host", "localhost", "/sandboxed"],
  ] as const)("%s reads nothing and changes nothing", async ([, host, path], { openDevice }) => {
    const victim = await openDevice(url);
    const taskId = await newVictim(victim);
    const before = await victimState(victim);

    const responses = recordSite(victim.context);
    const page = await victim.context.newPage();
    await page.goto(`http://${host}:${server.port}${path}`);
    expect(await page.evaluate(attack, { url, taskId, attacker, timeoutMs })).toEqual([]);
    await page.close();

    expect(responses.length).toBeGreaterThan(20);
    expect(accepted(responses)).toEqual([]);
    expect(await victimState(victim)).toEqual(before);
  });

  test("cannot sign a visitor in", async ({ openDevice }) => {
    const device = await openDevice(url);
    const page = await device.context.newPage();
    await page.goto(`http://localhost:${server.port}/`);
    expect(await page.evaluate(attack, { url, taskId: crypto.randomUUID(), attacker, timeoutMs })).toEqual([]);
    expect(await siteCookies(device.context)).toEqual([]);
    expect(await device.apiOutcome()).toBe("unauthenticated");
  });

  test("would succeed if it were the site's own page", async ({ openDevice }) => {
    const victim = await openDevice(url);
    const taskId = await newVictim(victim);
    const before = await victimState(victim);
    // The page's own Content-Security-Policy forbids frames, so do not wait long for them.
    const leaks = await victim.page.evaluate(attack, { url, taskId, attacker, timeoutMs: 1_000 });
    expect(leaks).toContain(`fetch GET ${url}/api/tasks (cors): 200`);
    expect(valuesOf(await siteCookies(victim.context))).not.toEqual(valuesOf(before.cookies));
  });
});
