import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import { chromium, type BrowserContext, type BrowserContextOptions, type Page } from "playwright-core";
import { test as base, expect, inject } from "vitest";
import type { Account } from "./visitor.js";

export interface OpenPage {
  page: Page;
  /** Errors and warnings of the page's console, and errors that nobody caught. */
  complaints: string[];
}

/** A test that can open Tasklane, each time in a browser window of its own without cookies. */
export const test = base
  .extend("browser", { scope: "file" }, async ({}, { onCleanup }) => {
    const browser = await chromium.launch({
      executablePath: inject("chromium"),
      // Names that no server has, for the sites of the tests.
      args: ["--disable-gpu", "--disable-sync", "--host-resolver-rules=MAP *.test 127.0.0.1,MAP *.example 127.0.0.1"],
    });
    onCleanup(() => browser.close());
    return browser;
  })
  .extend("openPage", async ({ browser }, { onCleanup }) => {
    const contexts: BrowserContext[] = [];
    onCleanup(async () => {
      await Promise.all(contexts.map((context) => context.close()));
    });
    return async (options: BrowserContextOptions = {}): Promise<OpenPage> => {
      const context = await browser.newContext({ baseURL: inject("stack").url, ...options });
      contexts.push(context);
      const page = await context.newPage();
      const complaints: string[] = [];
      page.on("pageerror", (error) => complaints.push(String(error)));
      page.on("console", (message) => {
        if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
      });
      await page.goto("/");
      return { page, complaints };
    };
  });

export async function signUp(page: Page, account: Account): Promise<void> {
  await page.getByRole("button", { name: "Create an account" }).click();
  await page.getByLabel("Name").fill(account.name);
  await page.getByLabel("Email").fill(account.email);
  await page.getByLabel("Password").fill(account.password);
  await page.getByRole("button", { name: "Create account" }).click();
  await page.getByRole("heading", { name: "Tasks" }).waitFor();
}

export async function addTask(page: Page, title: string): Promise<void> {
  await page.getByLabel("New task").fill(title);
  await page.keyboard.press("Enter");
  await openTask(page, title).waitFor();
}

export const openTask = (page: Page, title: string) =>
  page.getByRole("list", { name: "Open tasks" }).getByRole("checkbox", { name: title, exact: true });

export const completedTask = (page: Page, title: string) =>
  page.getByRole("list", { name: "Completed tasks" }).getByRole("checkbox", { name: title, exact: true });

const axePath = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/** Fails with what a person with a disability would stumble over on the page. */
export async function expectAccessible(page: Page): Promise<void> {
  // Evaluated as the debugger does, which the page's own policy does not forbid.
  await page.evaluate(await readFile(axePath, "utf8"));
  const violations = await page.evaluate(async () => {
    const { axe } = window as unknown as { axe: { run: () => Promise<AxeResults> } };
    const results = await axe.run();
    return results.violations.map(({ id, help, nodes }) => ({ id, help, where: nodes.map(({ html }) => html) }));
  });
  expect(violations).toEqual([]);
}
