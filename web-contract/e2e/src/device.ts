import type {} from "../page/clients.js";
import type { BrowserContext, Page } from "playwright-core";
import { expect, inject } from "vitest";
import { test as pageTest } from "./page.js";
import { newAccount, type Account } from "./visitor.js";

/** A separate browser with a page that calls a site through both clients, as a front end does. */
export interface Device {
  page: Page;
  context: BrowserContext;
  /** Calls the API, and returns "ok" or the code of the error. */
  apiOutcome: () => Promise<string>;
  signUp: (account: Account) => Promise<unknown>;
  signIn: (account: Account, rememberMe?: boolean) => Promise<unknown>;
}

/** A test that can open devices: pages of an origin that use the site at an address, by default the same. */
export const test = pageTest.extend("openDevice", async ({ openPage }) => {
  return async (origin: string, siteUrl = origin): Promise<Device> => {
    // An empty page replaces the site's own, which would send requests too, and might receive session_expired first.
    const isSite = origin === siteUrl;
    const { page } = await openPage({ baseURL: origin }, async (page) => {
      if (isSite) await page.route(`${origin}/`, (route) => route.fulfill({ contentType: "text/html", body: "<!doctype html>" }));
    });
    if (isSite) await page.unroute(`${origin}/`);
    const call = <Result>(run: (account: Account & { rememberMe: boolean }) => Promise<Result>, account: Account, rememberMe = true) =>
      page.evaluate(run, { ...account, rememberMe });
    // Evaluated through the debugger, to which the page's Content-Security-Policy does not apply.
    await page.evaluate(inject("clients"));
    await page.evaluate((url) => void (window.clients = window.clientsFor(url)), siteUrl);
    return {
      page,
      context: page.context(),
      apiOutcome: () => page.evaluate(() => window.clients.api.listTasks().then(() => "ok", (error) => error.code ?? String(error))),
      signUp: async (account) => expectSuccess(await call((all) => window.clients.auth.signUp.email(all), account)),
      signIn: async (account, rememberMe) =>
        expectSuccess(await call((all) => window.clients.auth.signIn.email(all), account, rememberMe)),
    };
  };
});

/** Returns the data of a response of Better Auth's client, and fails if it is an error. */
export function expectSuccess<Data>({ data, error }: { data: Data; error: unknown }): NonNullable<Data> {
  if (error || data === null || data === undefined) throw new Error(`Better Auth responded with an error: ${JSON.stringify(error)}`);
  return data;
}

/** Calls every part of the API as a front end does, from sign-up to sign-out and the next sign-in. */
export async function useWholeApi(device: Device): Promise<Account> {
  const account = newAccount();
  await device.signUp(account);
  const { page } = device;
  const task = await page.evaluate(() => window.clients.api.createTask({ title: "Water the plants" }));
  const completed = await page.evaluate((id) => window.clients.api.updateTask(id, { completed: true }), task.id);
  expect(await page.evaluate(() => window.clients.api.listTasks())).toMatchObject({ items: [completed] });
  await page.evaluate((id) => window.clients.api.deleteTask(id), task.id);
  expect(await page.evaluate(() => window.clients.api.getSession())).toMatchObject({ user: { email: account.email } });
  expect(expectSuccess(await page.evaluate(() => window.clients.auth.getSession())).user.email).toBe(account.email);
  // Failures are reported in full, too.
  expect(await page.evaluate(() => window.clients.api.createTask({ title: "" }).catch(({ errors }) => errors))).toMatchObject([{ field: "title" }]);
  expectSuccess(await page.evaluate(() => window.clients.auth.signOut()));
  expect(await device.apiOutcome()).toBe("unauthenticated");
  await device.signIn(account);
  expect(await device.apiOutcome()).toBe("ok");
  return account;
}
