import type { BrowserContext, Response } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject } from "vitest";
import { succeed, test, type Device } from "../src/device.js";
import { serveForeign, type ForeignServer } from "../src/foreign.js";
import { attack } from "../src/hostile.js";
import { newAccount, newVisitor, type Account } from "../src/visitor.js";

const { url } = inject("stack");
const patience = 5_000;

let server: ForeignServer;
let villain: Account;
beforeAll(async () => {
  server = await serveForeign();
  villain = newAccount();
  succeed(await newVisitor().auth.signUp.email(villain));
});
afterAll(() => server.stop());

/** Someone with a session, a task and a time zone, without which the site's own page would set it in the windows that show it. */
async function newVictim(device: Device): Promise<string> {
  await device.signUp(newAccount());
  return device.page.evaluate(async () => {
    const { api } = window.clients;
    await api.updateSettings({ timeZone: "Europe/Berlin" });
    return (await api.createTask({ title: "A secret" })).id;
  });
}

/** The site's cookies, without the challenge for a passkey: a sign-in page gets one, and it signs nobody in. */
async function siteCookies(context: BrowserContext) {
  return (await context.cookies(url)).filter(({ name }) => name !== "better-auth.better-auth-passkey");
}

/** All that is the victim's. */
async function belongings({ page, context }: Device) {
  const known = await page.evaluate(async () => {
    const { api, auth } = window.clients;
    return JSON.stringify([await api.listTasks(), await api.getSession(), await auth.getSession(), await auth.listSessions()]);
  });
  return { known, cookies: await siteCookies(context) };
}

/** Keeps what the site answers from now on. */
function recordSite(context: BrowserContext): Response[] {
  const all: Response[] = [];
  context.on("response", (response) => {
    if (response.url().startsWith(url)) all.push(response);
  });
  return all;
}

const reads = ["GET", "HEAD", "OPTIONS"];

/** Answers to a foreign page that say yes to more than looking. */
function allowed(answers: Response[]): string[] {
  return answers
    .filter((answer) => !reads.includes(answer.request().method()) || answer.url().endsWith("/api/events"))
    .filter((answer) => answer.status() < 400)
    .map((answer) => `${answer.status()} ${answer.request().method()} ${answer.url()}`);
}

describe.concurrent("a hostile page", () => {
  test.for([
    ["of another site", "evil.example", "/"],
    // Its requests have the cookie: SameSite does not look at ports.
    ["of another port of the same host", "localhost", "/"],
    ["without an origin, of the same host", "localhost", "/sandboxed"],
  ] as const)("%s reads nothing and changes nothing", async ([, host, path], { openDevice }) => {
    const victim = await openDevice(url);
    const taskId = await newVictim(victim);
    const before = await belongings(victim);

    const answers = recordSite(victim.context);
    const page = await victim.context.newPage();
    await page.goto(`http://${host}:${server.port}${path}`);
    expect(await page.evaluate(attack, { url, taskId, villain, patience })).toEqual([]);
    await page.close();

    expect(answers.length).toBeGreaterThan(20);
    expect(allowed(answers)).toEqual([]);
    expect(await belongings(victim)).toEqual(before);
  });

  test("signs nobody in", async ({ openDevice }) => {
    const device = await openDevice(url);
    const page = await device.context.newPage();
    await page.goto(`http://localhost:${server.port}/`);
    expect(await page.evaluate(attack, { url, taskId: crypto.randomUUID(), villain, patience })).toEqual([]);
    expect(await siteCookies(device.context)).toEqual([]);
    expect(await device.answer()).toBe("unauthenticated");
  });

  test("would have got it all, were it the site's own", async ({ openDevice }) => {
    const victim = await openDevice(url);
    const taskId = await newVictim(victim);
    const before = await belongings(victim);
    // Its own policy forbids the frames, for which there is no use to wait.
    const loot = await victim.page.evaluate(attack, { url, taskId, villain, patience: 1_000 });
    expect(loot).toContain(`fetch GET ${url}/api/tasks (cors): 200`);
    expect(await siteCookies(victim.context)).not.toEqual(before.cookies);
  });
});
