import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import { chromium, type BrowserContext, type BrowserContextOptions, type Page } from "playwright-core";
import type { CreateTaskRequest } from "@tasklane/web-contract";
import { test as base, expect, inject } from "vitest";
import { eventually, waitTimeout } from "./eventually.js";
import { newAccount, type Account } from "./visitor.js";

export interface OpenPage {
  page: Page;
  /** Errors and warnings on the page's console, and uncaught errors. */
  consoleErrors: string[];
}

/** A test that can open Tasklane, each time in a new browser context without cookies. */
export const test = base
  .extend("browser", { scope: "file" }, async ({}, { onCleanup }) => {
    const browser = await chromium.launch({
      executablePath: inject("chromium"),
      args: [
        "--disable-gpu",
        "--disable-sync",
        // Drags after a long press, as in every browser on a phone; the headless shell has them off.
        "--blink-settings=touchDragDropEnabled=true",
        // Host names that resolve to the sites of the tests.
        "--host-resolver-rules=MAP *.test 127.0.0.1,MAP *.example 127.0.0.1",
      ],
    });
    onCleanup(() => browser.close());
    return browser;
  })
  .extend("openPage", async ({ browser }, { onCleanup }) => {
    const contexts: BrowserContext[] = [];
    onCleanup(async () => {
      await Promise.all(contexts.map((context) => context.close()));
    });
    return async (options: BrowserContextOptions = {}, prepare = async (_page: Page) => {}): Promise<OpenPage> => {
      const context = await browser.newContext({ baseURL: inject("stack").url, ...options });
      context.setDefaultTimeout(waitTimeout);
      contexts.push(context);
      await context.addInitScript(dropTimers, 8_000);
      const page = await context.newPage();
      const consoleErrors: string[] = [];
      page.on("pageerror", (error) => consoleErrors.push(String(error)));
      page.on("console", (message) => {
        if (message.type() === "error" || message.type() === "warning") consoleErrors.push(`${message.text()} ${message.location().url}`);
      });
      await prepare(page);
      await page.goto("/");
      return { page, consoleErrors };
    };
  });

/**
 * Drops the page's timers with this delay. Notices disappear after eight seconds: without that timer, a test can read and
 * press them however busy the machine is. It has no effect with `page.clock`; tests that set the clock undo by key.
 */
export function dropTimers(delay: number): void {
  const original = setTimeout;
  const others = (run: () => void, after?: number, ...rest: []) => (after === delay ? 0 : original(run, after, ...rest));
  Object.assign(window, { setTimeout: others });
}

export async function signUp(page: Page, account: Account): Promise<void> {
  await page.getByRole("button", { name: "Create an account" }).click();
  await page.getByLabel("Name").fill(account.name);
  await page.getByLabel("Email").fill(account.email);
  await page.getByLabel("Password").fill(account.password);
  await page.getByRole("button", { name: "Create account" }).click();
  await page.getByRole("heading", { name: "All tasks", level: 1 }).waitFor();
}

/** Signs up a new user, with the browser's clock set to a time. */
export async function signUpAt(page: Page, moment: string): Promise<void> {
  await page.clock.install({ time: moment });
  await page.reload();
  await signUp(page, newAccount());
}

export async function signOut(page: Page): Promise<void> {
  await page.getByRole("button", { name: /^Account of/ }).click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in", exact: true }).waitFor();
}

/** Opens a section of the account dialog. */
export async function openAccountSection(page: Page, title: string): Promise<void> {
  await page.getByRole("button", { name: /^Account of/ }).click();
  await page.getByRole("button", { name: "Account settings" }).click();
  await page.getByRole("dialog", { name: "Account" }).getByText(title, { exact: true }).click();
}

/** Enters a user's email and password in the sign-in form. */
export async function signIn(page: Page, { email, password }: Account): Promise<void> {
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

/** Signs in again on a page whose session has ended. It shows the email address, so only the password is entered. */
export async function signInAgain(page: Page, { password }: Account): Promise<void> {
  await page.getByText("You were signed out.").waitFor();
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

/** Runs an action that writes a task, and waits for the server's response. The page shows the change earlier. */
export async function waitForWrite(page: Page, act: () => Promise<void>): Promise<void> {
  const response = page.waitForResponse(
    (response) => response.request().method() !== "GET" && /\/api\/(tasks|batch)/.test(response.url()) && response.ok(),
  );
  await act();
  await response;
}

/** Returns the number of writes that wait in the browser's storage. */
export const unsentCount = (page: Page) => page.evaluate(() => Object.keys(localStorage).filter((name) => name.includes("outbox")).length);

/** Waits until the server has responded to all writes of the page. */
export async function allSent(page: Page): Promise<void> {
  await eventually(async () => expect(await unsentCount(page)).toBe(0));
}

export async function addTask(page: Page, title: string): Promise<void> {
  await waitForWrite(page, async () => {
    await page.getByLabel("New task").fill(title);
    await page.keyboard.press("Enter");
  });
  await openTask(page, title).waitFor();
}

/** Creates tasks for the user who is signed in on the page, the first one last, and waits until the page shows it. */
export async function seed(page: Page, tasks: CreateTaskRequest[]): Promise<void> {
  const operations = tasks.map((task) => ({ op: "create", kind: "task", data: task })).reverse();
  for (let from = 0; from < operations.length; from += 100) {
    const status = await page.evaluate(async (body) => {
      const headers = { "content-type": "application/json" };
      const response = await fetch("/api/batch", { method: "POST", headers, body });
      return response.status;
    }, JSON.stringify({ operations: operations.slice(from, from + 100) }));
    expect(status).toBe(200);
  }
  await checkbox(page, tasks[0]!.title).waitFor();
}

/** Returns that many tasks: “Task 1”, “Task 2” and so on. */
export const numbered = (count: number) => Array.from({ length: count }, (_, index) => ({ title: `Task ${index + 1}` }));

/**
 * Opens another tab of the same browser, which shows the data of the server. It
 * has its own window, because a hidden tab renders only every other second, and
 * each click waits for that.
 */
export async function secondTab(page: Page): Promise<Page> {
  const [tab] = await Promise.all([
    page.context().waitForEvent("page"),
    page.evaluate(() => void open("/", "_blank", "popup,noopener")),
  ]);
  await tab.getByRole("heading", { name: "All tasks", level: 1 }).waitFor();
  return tab;
}

/** Opens a view, through the menu on screens without the sidebar. */
export async function goTo(page: Page, name: string): Promise<void> {
  const link = page.getByRole("navigation").getByRole("link", { name: new RegExp(`^${name}( \\d+ open)?$`) });
  const menu = page.getByRole("button", { name: "Menu" });
  await link.or(menu).first().waitFor();
  if (!(await link.isVisible())) await menu.click();
  await link.click();
  await page.getByRole("heading", { name, level: 1, exact: true }).waitFor();
}

/** Deletes a task with the button of its row, or from its menu on small screens. */
export async function deleteTask(page: Page, title: string): Promise<void> {
  const button = page.getByRole("button", { name: `Delete “${title}”` });
  if (await button.isVisible()) return button.click();
  await page.getByRole("button", { name: `Options for “${title}”` }).click();
  await page.getByRole("dialog", { name: "Options" }).getByRole("button", { name: "Delete" }).click();
}

/** Opens the editor of a task. */
export async function editTask(page: Page, title: string): Promise<void> {
  await page.getByRole("button", { name: `Edit “${title}”` }).click();
  await page.getByRole("textbox", { name: "Title" }).waitFor();
}

/** The titles of a list, from the top. */
export const titles = (page: Page, list: string) =>
  page.getByRole("list", { name: list, exact: true }).locator(".task-title").allTextContents();

/** Waits until a list has exactly these titles. */
export async function expectTitles(page: Page, list: string, wanted: string[]): Promise<void> {
  await eventually(async () => expect(await titles(page, list)).toEqual(wanted));
}

/** Waits until a text was announced to screen readers. */
export const expectAnnounced = (page: Page, text: string) =>
  page.getByRole("status").filter({ hasText: text }).waitFor({ state: "attached" });

/** The checkbox of a task, in any list. */
export const checkbox = (page: Page, title: string) => page.getByRole("checkbox", { name: title, exact: true });

/** The row of a task, in any list. */
export const row = (page: Page, title: string) => page.locator(".task-row").filter({ has: checkbox(page, title) });

export const openTask = (page: Page, title: string) =>
  page.getByRole("list", { name: "Open tasks" }).getByRole("checkbox", { name: title, exact: true });

export const completedTask = (page: Page, title: string) =>
  page.getByRole("list", { name: "Completed tasks" }).getByRole("checkbox", { name: title, exact: true });

const axePath = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/** Fails if the page is wider than its window. */
export async function expectFits(page: Page): Promise<void> {
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
}

/** Fails with the accessibility violations on the page. */
export async function expectAccessible(page: Page): Promise<void> {
  // An element that is fading in has a lower contrast.
  await page.evaluate(() => Promise.allSettled(document.getAnimations().map(({ finished }) => finished)));
  // Evaluated through the debugger, which ignores the page's Content-Security-Policy.
  await page.evaluate(await readFile(axePath, "utf8"));
  const violations = await page.evaluate(async () => {
    const { axe } = window as unknown as { axe: { run: () => Promise<AxeResults> } };
    const results = await axe.run();
    return results.violations.map(({ id, help, nodes }) => ({ id, help, where: nodes.map(({ html }) => html) }));
  });
  expect(violations).toEqual([]);
}
