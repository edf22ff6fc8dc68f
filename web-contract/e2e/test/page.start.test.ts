import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { addTask, openTask, signUp, test } from "../src/page.js";
import { newAccount } from "../src/visitor.js";

/** The page's main script, not the small one that requests the bootstrap. */
const script = "**/assets/index-*.js";

/** Holds requests back until the function that it returns is called. */
async function hold(page: Page, url: string): Promise<() => void> {
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  await page.route(url, async (route) => {
    await released;
    await route.continue();
  });
  return release;
}

describe.concurrent("the page, when it starts,", () => {
  test("shows its frame before the script has run", async ({ openPage }) => {
    const { page, consoleErrors } = await openPage();
    await page.getByRole("heading", { name: "Sign in", exact: true }).waitFor();
    const release = await hold(page, script);
    await page.reload({ waitUntil: "commit" });
    await page.getByText("Tasklane", { exact: true }).waitFor();
    expect(await page.locator(".skeleton-row").count()).toBe(3);
    release();
    await page.getByRole("heading", { name: "Sign in", exact: true }).waitFor();
    expect(await page.locator(".skeleton-row").count()).toBe(0);
    expect(consoleErrors).toEqual([]);
  });

  test("requests tasks and session while its script loads", async ({ openPage }) => {
    const { page, consoleErrors } = await openPage();
    await signUp(page, newAccount());
    await addTask(page, "Water the plants");
    const requested: string[] = [];
    page.on("request", (request) => requested.push(new URL(request.url()).pathname));
    const release = await hold(page, script);
    const releaseSession = await hold(page, "**/api/auth/get-session*");
    const bootstrap = page.waitForResponse("**/api/bootstrap");
    await page.reload({ waitUntil: "commit" });
    expect((await bootstrap).status()).toBe(200);
    release();
    await openTask(page, "Water the plants").waitFor();
    expect(requested.filter((path) => path === "/api/bootstrap")).toHaveLength(1);
    expect(requested).not.toContain("/api/tasks");
    releaseSession();
    await page.getByText("1 open").waitFor();
    expect(consoleErrors).toEqual([]);
  });

  test("shows nothing of the previous user", async ({ openPage }) => {
    const { page } = await openPage();
    await signUp(page, newAccount());
    await addTask(page, "A secret");
    await page.context().clearCookies();
    await page.reload();
    await page.getByRole("heading", { name: "Sign in", exact: true }).waitFor();
    expect(await page.getByText("A secret").count()).toBe(0);
    await signUp(page, newAccount());
    await page.getByText("Nothing here yet.").waitFor();
  });

  test("loads compressed files", async ({ openPage }) => {
    const { page } = await openPage();
    const [response] = await Promise.all([page.waitForResponse(script), page.reload()]);
    const headers = await response.allHeaders();
    expect(headers).toMatchObject({ "content-encoding": "br", "cache-control": "public, max-age=31536000, immutable", vary: "Accept-Encoding" });
  });
});
