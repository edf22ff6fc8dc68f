import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { addTask, openTask, seed, signUp, test } from "../src/page.js";
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

/** Records, from the next load on, the elements that move without an action of the user, and how far. */
const recordShifts = (page: Page) =>
  page.addInitScript(() => {
    const shifts: string[] = [];
    new PerformanceObserver((list) => {
      for (const { value, hadRecentInput, sources } of list.getEntries() as LayoutShift[]) {
        const moved = () => sources.map(({ node }) => node instanceof Element && `${node.tagName} ${node.className}`).join();
        if (!hadRecentInput && value > 0.02) shifts.push(`${value}: ${moved()}`);
      }
    }).observe({ type: "layout-shift", buffered: true });
    Object.assign(window, { shifts });
  });

interface LayoutShift extends PerformanceEntry {
  value: number;
  hadRecentInput: boolean;
  sources: { node: Node | null }[];
}

const shifts = (page: Page) => page.evaluate(() => (window as unknown as { shifts: string[] }).shifts);

describe.concurrent("the page, when it starts,", () => {
  test.for([360, 1440])("moves no element, also for a traveler and when the connection is lost, at %i px", async (width, { openPage }) => {
    const { page } = await openPage({ viewport: { width, height: 740 }, timezoneId: "Europe/Berlin" });
    await signUp(page, newAccount());
    const saved = page.waitForResponse((response) => response.url().endsWith("/api/settings") && response.request().method() === "PATCH");
    await page.evaluate(async () => {
      const headers = { "content-type": "application/json" };
      for (const name of ["Garden", "Work", "Home"]) await fetch("/api/lists", { method: "POST", headers, body: JSON.stringify({ name }) });
      await fetch("/api/settings", { method: "PATCH", headers, body: JSON.stringify({ timeZone: "America/New_York" }) });
    });
    await saved;
    await seed(page, Array.from({ length: 30 }, (_, index) => ({ title: `Task ${index}`, tags: ["garden"] })));
    await recordShifts(page);
    const slow = await page.context().newCDPSession(page);
    await slow.send("Emulation.setCPUThrottlingRate", { rate: 4 });
    const offer = page.getByRole("region", { name: "Time zone" });
    const expectStill = async () => {
      const live = page.waitForResponse("**/api/events*");
      await page.reload();
      await openTask(page, "Task 0").waitFor();
      await offer.waitFor();
      await live;
      expect(await shifts(page)).toEqual([]);
    };
    await expectStill();
    await page.route("**/api/bootstrap", (route) => route.abort(), { times: 1 });
    await expectStill();
    await page.getByRole("button", { name: "Keep", exact: true }).click();
    await page.context().setOffline(true);
    await page.getByText("You are offline.").waitFor();
    expect(await shifts(page)).toEqual([]);
  });

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
