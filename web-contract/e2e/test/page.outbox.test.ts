import type { BrowserContext, Page } from "playwright-core";
import { describe, expect } from "vitest";
import { eventually } from "../src/eventually.js";
import { addTask, allSent, editTask, expectTitles, openTask, signIn, signInAgain, signOut, signUp, test, unsentCount } from "../src/page.js";
import { newAccount } from "../src/visitor.js";

const posts = (url: URL) => url.pathname === "/api/tasks";

/** Adds a task without waiting for the server. */
async function addUnsent(page: Page, title: string): Promise<void> {
  await page.getByLabel("New task").fill(title);
  await page.keyboard.press("Enter");
  await openTask(page, title).waitFor();
}

/** Keeps a page from sending anything. When a page is closed, the browser puts it online, and ends its routes, before it ends the page. */
async function silence(page: Page): Promise<void> {
  await page.evaluate(() => {
    window.fetch = () => new Promise(() => {});
  });
}

/** Opens the page in a new tab of the same browser. */
async function reopen(context: BrowserContext): Promise<Page> {
  const page = await context.newPage();
  await page.goto("/");
  return page;
}

/** Waits until the server has exactly these tasks, in any order. */
async function expectOnServer(page: Page, wanted: object[]): Promise<void> {
  const read = () => page.evaluate(async () => ((await (await fetch("/api/tasks")).json()) as { data: object[] }).data);
  const byTitle = (a: object, b: object) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
  await eventually(async () => {
    const tasks = await read();
    expect(tasks.toSorted(byTitle)).toMatchObject(wanted.toSorted(byTitle));
    expect(tasks.length).toBe(wanted.length);
  });
}

describe.concurrent("a change that was made offline", () => {
  test("is saved once after the tab was closed", async ({ openPage }) => {
    const { page } = await openPage();
    const context = page.context();
    await signUp(page, newAccount());
    for (const title of ["One", "Two", "Three"]) await addTask(page, title);
    await context.setOffline(true);
    await page.getByText("You are offline.").waitFor();
    await addUnsent(page, "Written on the train");
    await editTask(page, "Written on the train");
    await page.getByRole("textbox", { name: "Notes" }).fill("Between two tunnels");
    await page.getByRole("button", { name: "Save" }).click();
    await openTask(page, "Written on the train").click();
    await openTask(page, "One").click();
    await page.getByRole("button", { name: "Delete “Two”" }).click();
    await editTask(page, "Three");
    await page.getByRole("textbox", { name: "Title" }).fill("Three and a half");
    await page.keyboard.press("Enter");
    await page.getByText("6 changes will be saved when you are back.").waitFor();
    await silence(page);
    // Nothing would be lost, so the page shows no dialog, which would keep the tab open.
    await page.close({ runBeforeUnload: true });
    if (!page.isClosed()) await page.waitForEvent("close");

    await context.setOffline(false);
    const next = await reopen(context);
    await expectTitles(next, "Open tasks", ["Three and a half"]);
    await expectTitles(next, "Completed tasks", ["Written on the train", "One"]);
    await expectOnServer(next, [
      { title: "Three and a half", completed: false },
      { title: "Written on the train", completed: true, description: "Between two tunnels" },
      { title: "One", completed: true },
    ]);
    await allSent(next);
    await next.reload();
    await expectTitles(next, "Open tasks", ["Three and a half"]);
  });

  test("is not saved twice if the server already had it", async ({ openPage }) => {
    const { page } = await openPage();
    const context = page.context();
    await signUp(page, newAccount());
    const applied = new Promise<void>((resolve) => {
      void page.route(posts, async (route) => {
        if (route.request().method() !== "POST") return route.continue();
        await route.fetch();
        resolve();
      });
    });
    await addUnsent(page, "Water the plants");
    await applied;
    await page.close();
    const next = await reopen(context);
    await expectTitles(next, "Open tasks", ["Water the plants"]);
    await allSent(next);
    await expectOnServer(next, [{ title: "Water the plants" }]);
  });

  test("is neither shown to nor sent for another user, and is saved when its user is back", async ({ openPage }) => {
    const account = newAccount();
    const { page } = await openPage();
    const context = page.context();
    await signUp(page, account);
    await context.setOffline(true);
    await addUnsent(page, "A secret");
    await silence(page);
    await page.close();
    await context.setOffline(false);
    await context.clearCookies();

    const next = await reopen(context);
    await signUp(next, newAccount());
    await addTask(next, "Mine");
    expect(await next.getByText("A secret").count()).toBe(0);
    await expectOnServer(next, [{ title: "Mine" }]);
    await signOut(next);
    expect(await unsentCount(next)).toBe(1);
    await signIn(next, account);
    await openTask(next, "A secret").waitFor();
    await expectOnServer(next, [{ title: "A secret" }]);
  });

  test("is sent by another tab when its own tab is closed", async ({ openPage }) => {
    const { page } = await openPage();
    const context = page.context();
    await signUp(page, newAccount());
    const other = await reopen(context);
    await other.getByText("Nothing here yet.").waitFor();
    await page.route(posts, (route) => (route.request().method() === "POST" ? route.abort() : route.continue()));
    await addUnsent(page, "Water the plants");
    await page.getByText("1 change will be saved when it is back.").waitFor();
    expect(await openTask(other, "Water the plants").count()).toBe(0);
    await silence(page);
    await page.close();
    await openTask(other, "Water the plants").waitFor();
    await expectOnServer(other, [{ title: "Water the plants" }]);
  });

  test("is saved after signing in again, if the session ended while the tab was closed", async ({ openPage }) => {
    const account = newAccount();
    const { page } = await openPage();
    const context = page.context();
    await signUp(page, account);
    await context.setOffline(true);
    await addUnsent(page, "Water the plants");
    await silence(page);
    await page.close();
    await context.setOffline(false);
    const next = await context.newPage();
    // The session ends after the page has checked it and before the first write.
    await next.route(posts, async (route) => {
      if (route.request().method() === "POST") await context.clearCookies();
      await route.continue();
    }, { times: 1 });
    await next.goto("/");
    await signInAgain(next, account);
    await openTask(next, "Water the plants").waitFor();
    await expectOnServer(next, [{ title: "Water the plants" }]);
  });

  test("is mentioned before signing out, in whichever tab it waits", async ({ openPage }) => {
    const { page } = await openPage();
    const context = page.context();
    await signUp(page, newAccount());
    const other = await reopen(context);
    await other.getByText("Nothing here yet.").waitFor();
    await page.route(posts, (route) => (route.request().method() === "POST" ? route.abort() : route.continue()));
    await addUnsent(page, "A secret");
    await other.getByRole("button", { name: /^Account of/ }).click();
    await other.getByRole("button", { name: "Sign out" }).click();
    await other.getByText("1 change not saved yet").waitFor();
    await other.getByRole("button", { name: "Sign out without saving" }).click();
    await other.getByRole("heading", { name: "Sign in", exact: true }).waitFor();
    await allSent(other);
  });

  test("is saved without errors in a browser that blocks storage", async ({ openPage }) => {
    const { page, consoleErrors } = await openPage();
    await page.addInitScript(() => {
      for (const place of ["localStorage", "sessionStorage"]) {
        Object.defineProperty(window, place, {
          get() {
            throw new DOMException("blocked", "SecurityError");
          },
        });
      }
    });
    await page.reload();
    await signUp(page, newAccount());
    await page.context().setOffline(true);
    await addUnsent(page, "Water the plants");
    await page.getByText("1 change will be saved when you are back. Keep this page open until then.").waitFor();
    consoleErrors.length = 0; // Chromium logs an error for each request while it is offline.
    await page.context().setOffline(false);
    await page.getByText("You are offline.").waitFor({ state: "detached" });
    await expectOnServer(page, [{ title: "Water the plants" }]);
    await page.reload();
    await openTask(page, "Water the plants").click();
    await expectOnServer(page, [{ title: "Water the plants", completed: true }]);
    await signOut(page);
    expect(consoleErrors.filter((text) => !text.includes("ERR_INTERNET_DISCONNECTED"))).toEqual([]);
  });

  test("keeps its tab open if the browser's storage is full", async ({ openPage }) => {
    const { page } = await openPage();
    await signUp(page, newAccount());
    await page.evaluate(() => {
      Storage.prototype.setItem = () => {
        throw new DOMException("full", "QuotaExceededError");
      };
    });
    await page.context().setOffline(true);
    await addUnsent(page, "Water the plants");
    await page.getByText("1 change will be saved when you are back. Keep this page open until then.").waitFor();
    const confirmation = page.waitForEvent("dialog");
    await page.close({ runBeforeUnload: true });
    await (await confirmation).dismiss();
    await page.context().setOffline(false);
    await page.getByText("You are offline.").waitFor({ state: "detached" });
    await expectOnServer(page, [{ title: "Water the plants" }]);
  });
});
