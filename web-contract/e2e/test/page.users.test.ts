import { describe, expect } from "vitest";
import { addTask, expectTitles, openTask, secondTab, signOut, signUp, test } from "../src/page.js";
import { newAccount, newUser } from "../src/visitor.js";

describe.concurrent("a tab whose user has signed out", () => {
  test("writes nothing into the next user's list, and shows that list", async ({ openPage }) => {
    const { page } = await openPage();
    await signUp(page, newAccount());
    await addTask(page, "A secret");
    // Another user signs in, as if from a tab that cannot notify this one.
    const { account, api } = await newUser();
    const status = await page.evaluate(async (body) => {
      const headers = { "content-type": "application/json" };
      return (await fetch("/api/auth/sign-in/email", { method: "POST", headers, body })).status;
    }, JSON.stringify(account));
    expect(status).toBe(200);

    const rejected = page.waitForResponse((response) => response.request().method() === "POST" && response.url().endsWith("/api/tasks"));
    await page.getByLabel("New task").fill("Another secret");
    await page.keyboard.press("Enter");
    expect((await rejected).status()).toBe(401);
    await page.getByText("Nothing here yet.").waitFor();
    expect(await page.getByText("secret").count()).toBe(0);
    expect((await api.listTasks()).items).toEqual([]);
    await addTask(page, "Mine");
    expect((await api.listTasks()).items).toMatchObject([{ title: "Mine" }]);
  });

  test("switches at once to the user who signs in in another tab", async ({ openPage }) => {
    const { page } = await openPage();
    await signUp(page, newAccount());
    await addTask(page, "A secret");
    const tab = await secondTab(page);
    await signOut(tab);
    await page.getByText("You were signed out.").waitFor();
    const next = { ...newAccount(), name: "🌻 Grace Hopper" };
    await signUp(tab, next);
    await page.getByRole("button", { name: "Account of 🌻 Grace Hopper" }).getByText("🌻", { exact: true }).waitFor();
    await page.getByText("Nothing here yet.").waitFor();
    await addTask(page, "Hers");
    await openTask(tab, "Hers").waitFor();
    await expectTitles(page, "Open tasks", ["Hers"]);
  });
});
