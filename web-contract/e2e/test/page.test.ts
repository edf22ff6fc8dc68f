import { describe, expect } from "vitest";
import { addTask, completedTask, expectAccessible, openTask, signUp, test } from "../src/page.js";
import { newAccount } from "../src/visitor.js";

describe.concurrent("a person", () => {
  test("signs up, keeps a list, and finds it again", async ({ openPage }) => {
    const account = newAccount();
    const { page, complaints } = await openPage();
    await signUp(page, account);
    await page.getByText("Nothing here yet.").waitFor();

    // The first task takes two actions from here: the field has the focus.
    await page.keyboard.type("Water the plants");
    await page.keyboard.press("Enter");
    await openTask(page, "Water the plants").waitFor();
    await addTask(page, "Call Grace");
    await page.reload();
    await openTask(page, "Water the plants").waitFor();

    await openTask(page, "Water the plants").click();
    await completedTask(page, "Water the plants").waitFor();

    await page.getByRole("button", { name: "Call Grace, edit title" }).click();
    await page.getByRole("textbox", { name: "Title" }).fill("Call Grace about Saturday");
    await page.keyboard.press("Enter");
    await openTask(page, "Call Grace about Saturday").waitFor();

    await addTask(page, "Not worth doing");
    await page.getByRole("button", { name: "Delete “Not worth doing”" }).click();
    await page.getByRole("button", { name: "Delete", exact: true }).click();
    await openTask(page, "Not worth doing").waitFor({ state: "detached" });

    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await page.reload();
    await page.getByLabel("Email").fill(account.email);
    await page.getByLabel("Password").fill(account.password);
    await page.getByRole("button", { name: "Sign in" }).click();

    await openTask(page, "Call Grace about Saturday").waitFor();
    await completedTask(page, "Water the plants").waitFor();
    expect(await page.getByRole("checkbox").count()).toBe(2);
    expect(complaints).toEqual([]);
  });

  test("needs nothing but a keyboard", async ({ openPage }) => {
    const account = newAccount();
    const { page, complaints } = await openPage();
    const keyboard = page.keyboard;
    const focused = () =>
      page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.id);

    await page.getByLabel("Email").and(page.locator(":focus")).waitFor();
    for (const _ of ["password", "sign in", "create an account"]) await keyboard.press("Tab");
    await keyboard.press("Enter");
    await page.getByLabel("Name").and(page.locator(":focus")).waitFor();
    for (const text of [account.name, account.email, account.password]) {
      await keyboard.type(text);
      await keyboard.press(text === account.password ? "Enter" : "Tab");
    }

    await page.getByText("Nothing here yet.").waitFor();
    for (const title of ["One", "Two", "Three"]) {
      await keyboard.type(title);
      await keyboard.press("Enter");
      await openTask(page, title).waitFor();
    }

    // From the field: its button is hidden while it is empty, then come the rows, the newest first.
    await keyboard.press("Tab");
    expect(await focused()).toBe("Three");
    await keyboard.press("Space");
    await completedTask(page, "Three").waitFor();
    expect(await focused()).toBe("Two");

    await keyboard.press("Tab");
    await keyboard.press("Enter");
    await keyboard.type(" and a half");
    await keyboard.press("Escape");
    expect(await focused()).toBe("Two, edit title");
    await keyboard.press("Enter");
    await keyboard.type(" and a half");
    await keyboard.press("Enter");
    await openTask(page, "Two and a half").waitFor();
    expect(await focused()).toBe("Two and a half, edit title");

    await keyboard.press("Tab");
    await keyboard.press("Enter");
    await keyboard.press("Escape");
    expect(await focused()).toBe("Delete “Two and a half”");
    await keyboard.press("Enter");
    await keyboard.press("Enter");
    await openTask(page, "Two and a half").waitFor({ state: "detached" });
    expect(await focused()).toBe("One");
    await keyboard.press("Space");
    await page.getByText("All done.").waitFor();
    expect(await focused()).toBe("new-task");
    expect(complaints).toEqual([]);
  });

  test("sees nothing of who used the same browser before", async ({ openPage }) => {
    const { page, complaints } = await openPage();
    await signUp(page, newAccount());
    await addTask(page, "A secret");
    await page.getByRole("button", { name: "Sign out" }).click();
    await signUp(page, newAccount());
    await page.getByText("Nothing here yet.").waitFor();
    expect(await page.getByText("A secret").count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  test("is told what was wrong with a password", async ({ openPage }) => {
    const { page } = await openPage();
    await page.getByLabel("Email").fill(newAccount().email);
    await page.getByLabel("Password").fill("not the password");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("alert").filter({ hasText: "do not belong together" }).waitFor();
  });
});

describe.concurrent("when the server is slow", () => {
  test("a task that is added while the list still loads is on it", async ({ openPage }) => {
    const { page } = await openPage();
    const added = page.waitForResponse((response) => response.request().method() === "POST" && response.url().endsWith("/api/tasks"));
    // Both lists are read before the task is there, and arrive behind it.
    await page.route(
      "**/api/tasks?*",
      async (route) => {
        const response = await route.fetch();
        await added;
        // The page may have given the request up.
        await route.fulfill({ response }).catch(() => {});
      },
      { times: 2 },
    );
    await signUp(page, newAccount());
    await addTask(page, "Water the plants");
    await page.waitForLoadState("networkidle");
    await openTask(page, "Water the plants").waitFor();
  });
});

describe.concurrent("when something fails", () => {
  test("a list that cannot be loaded says so, and comes on a retry", async ({ openPage }) => {
    const { page } = await openPage();
    await signUp(page, newAccount());
    await addTask(page, "Water the plants");

    await page.route("**/api/tasks?*", (route) => route.abort());
    await page.reload();
    await page.getByRole("status").filter({ hasText: "Loading your tasks" }).waitFor({ state: "attached" });
    await page.getByText("Your tasks could not be loaded.").waitFor();
    await page.unroute("**/api/tasks?*");
    await page.getByRole("button", { name: "Try again" }).click();
    await openTask(page, "Water the plants").waitFor();
  });

  test("a change that cannot be saved is taken back, and made on a retry", async ({ openPage }) => {
    const { page } = await openPage();
    await signUp(page, newAccount());
    await addTask(page, "Water the plants");

    await page.route("**/api/tasks/*", (route) => route.abort());
    await openTask(page, "Water the plants").click();
    await page.getByText("“Water the plants” was not saved.").waitFor();
    await openTask(page, "Water the plants").waitFor();
    await page.unroute("**/api/tasks/*");
    await page.getByRole("button", { name: "Try again" }).click();
    await completedTask(page, "Water the plants").waitFor();
    await page.reload();
    await completedTask(page, "Water the plants").waitFor();
  });

  test("a title that the server refuses comes back to be shortened", async ({ openPage }) => {
    const { page } = await openPage();
    await signUp(page, newAccount());
    const tooLong = "x".repeat(501);
    await page.getByLabel("New task").fill(tooLong);
    await page.keyboard.press("Enter");
    await page.getByText("500 characters").waitFor();
    expect(await page.getByLabel("New task").inputValue()).toBe(tooLong);

    await addTask(page, "Short");
    await page.getByRole("button", { name: "Short, edit title" }).click();
    await page.getByRole("textbox", { name: "Title" }).fill(tooLong);
    await page.keyboard.press("Enter");
    await page.getByText("500 characters").waitFor();
    expect(await page.getByRole("textbox", { name: "Title" }).inputValue()).toBe(tooLong);
    await page.keyboard.press("Escape");
    await openTask(page, "Short").waitFor();
  });

  test("a session that ended elsewhere leads back to signing in", async ({ openPage }) => {
    const { page } = await openPage();
    await signUp(page, newAccount());
    await page.getByText("Nothing here yet.").waitFor();
    await page.context().clearCookies();
    await page.getByLabel("New task").fill("Too late");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
  });
});

// Contrast depends on the colours and overflow on the width, so two of the four pairs find all there is.
describe.concurrent.for([
  ["light", { width: 320, height: 640 }],
  ["dark", { width: 1440, height: 900 }],
] as const)("in %s, on a screen of %o", ([colorScheme, viewport]) => {
  test("every view is accessible and fits", async ({ openPage }) => {
    const { page, complaints } = await openPage({ colorScheme, viewport });
    const check = async () => {
      await expectAccessible(page);
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
    };
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await check();
    await signUp(page, newAccount());
    await page.getByText("Nothing here yet.").waitFor();
    await check();

    await addTask(page, "Water the plants");
    await addTask(page, "a".repeat(200));
    await openTask(page, "Water the plants").click();
    await completedTask(page, "Water the plants").waitFor();
    await check();

    await page.getByRole("button", { name: "Delete “Water the plants”" }).click();
    await page.getByRole("button", { name: "Keep" }).waitFor();
    await check();
    await page.getByRole("button", { name: "Keep" }).click();

    await page.getByRole("button", { name: "Water the plants, edit title" }).click();
    await page.getByRole("textbox", { name: "Title" }).waitFor();
    await check();
    expect(complaints).toEqual([]);
  });
});
