import { describe, expect } from "vitest";
import { eventually } from "../src/eventually.js";
import {
  addTask,
  completedTask,
  deleteTask,
  editTask,
  expectAccessible,
  expectFits,
  expectTitles,
  goTo,
  dropTimers,
  openTask,
  seed,
  signIn,
  signOut,
  signUp,
  test,
  titles,
  waitForWrite,
} from "../src/page.js";
import { newAccount } from "../src/visitor.js";

describe.concurrent("a user", () => {
  test("signs up, adds tasks, and finds them again", async ({ openPage }) => {
    const account = newAccount();
    const { page, consoleErrors } = await openPage();
    await signUp(page, account);
    await page.getByText("Nothing here yet.").waitFor();

    // The field has the focus, so the first task takes two actions.
    await page.keyboard.type("Water the plants");
    await page.keyboard.press("Enter");
    await openTask(page, "Water the plants").waitFor();
    await addTask(page, "Call Grace");
    await page.reload();
    await openTask(page, "Water the plants").waitFor();

    await openTask(page, "Water the plants").click();
    await completedTask(page, "Water the plants").waitFor();

    await editTask(page, "Call Grace");
    await page.getByRole("textbox", { name: "Title" }).fill("Call Grace about Saturday");
    await page.keyboard.press("Enter");
    await openTask(page, "Call Grace about Saturday").waitFor();

    await addTask(page, "Not worth doing");
    await waitForWrite(page, () => page.getByRole("button", { name: "Delete “Not worth doing”" }).click());
    await openTask(page, "Not worth doing").waitFor({ state: "detached" });

    await signOut(page);
    await page.getByRole("heading", { name: "Sign in", exact: true }).waitFor();
    await page.reload();
    await signIn(page, account);

    await openTask(page, "Call Grace about Saturday").waitFor();
    await completedTask(page, "Water the plants").waitFor();
    expect(await page.getByRole("checkbox").count()).toBe(2);
    expect(consoleErrors).toEqual([]);
  });

  test("signs up, adds, edits and deletes tasks by keyboard alone", async ({ openPage }) => {
    const account = newAccount();
    const { page, consoleErrors } = await openPage();
    const keyboard = page.keyboard;
    const focused = () =>
      page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.id);
    const expectFocus = (name: string) => eventually(async () => expect(await focused()).toBe(name));

    await page.getByLabel("Email").and(page.locator(":focus")).waitFor();
    for (const name of ["Forgot your password?", "Sign in with a passkey"]) await page.getByRole("button", { name }).waitFor();
    for (const _ of ["password", "show", "sign in", "forgotten", "passkey", "create an account"]) await keyboard.press("Tab");
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

    // Tab goes from the field to the rows, the newest first.
    await keyboard.press("Tab");
    await expectFocus("Three");
    await keyboard.press("Space");
    await completedTask(page, "Three").waitFor();
    await expectFocus("Two");
    await keyboard.press("ArrowDown");
    await expectFocus("One");
    await keyboard.press("ArrowUp");

    await keyboard.press("Tab");
    await keyboard.press("Enter");
    await expectFocus("Title");
    await keyboard.type(" and a half");
    await keyboard.press("Escape");
    await expectFocus("Edit “Two”");
    await keyboard.press("e");
    await expectFocus("Title");
    await keyboard.type(" and a half");
    for (const _ of ["notes", "due date"]) await keyboard.press("Tab");
    await keyboard.press("Enter");
    await page.getByRole("dialog", { name: "Due date" }).getByRole("button", { name: "Today" }).and(page.locator(":focus")).waitFor();
    for (const _ of ["tomorrow"]) await keyboard.press("Tab");
    await keyboard.press("Enter");
    // After a choice the focus is on the title again, where Enter saves.
    await expectFocus("Title");
    for (const _ of ["notes", "due date", "repeat", "priority"]) await keyboard.press("Tab");
    await expectFocus("Priority");
    await keyboard.press("Enter");
    await page.getByRole("radio", { name: "No priority" }).and(page.locator(":focus")).waitFor();
    await keyboard.press("ArrowUp");
    await keyboard.press("ArrowUp");
    await keyboard.press("Enter");
    await expectFocus("Title");
    for (const _ of ["notes", "due date", "repeat", "priority", "tags"]) await keyboard.press("Tab");
    await expectFocus("Tags");
    await keyboard.press("Enter");
    await page.getByLabel("Add a tag").and(page.locator(":focus")).waitFor();
    await keyboard.type("numbers");
    await keyboard.press("Enter");
    await keyboard.press("Escape");
    await expectFocus("Tags: numbers");
    await keyboard.press("Control+Enter");
    await openTask(page, "Two and a half").waitFor();
    await expectFocus("Edit “Two and a half”");
    for (const text of ["Tomorrow", "Medium", "#numbers"]) await page.getByText(text, { exact: true }).waitFor();

    await keyboard.press("Delete");
    await openTask(page, "Two and a half").waitFor({ state: "detached" });
    await expectFocus("One");
    await keyboard.press("z");
    await openTask(page, "Two and a half").waitFor();
    await keyboard.press("x");
    await page.getByRole("checkbox", { name: "Select “One”" }).and(page.locator(":checked")).waitFor();
    await keyboard.press("Escape");
    await openTask(page, "One").waitFor();

    await keyboard.press("/");
    await expectFocus("Search");
    await keyboard.type("half");
    await expectTitles(page, "Open tasks", ["Two and a half"]);
    await keyboard.press("Escape");
    await expectTitles(page, "Open tasks", ["Two and a half", "One"]);
    await keyboard.press("Tab");
    await keyboard.press("?");
    await page.getByRole("dialog", { name: "Keyboard" }).waitFor();
    await keyboard.press("Escape");
    await keyboard.press("4");
    await page.getByRole("heading", { name: "Trash" }).and(page.locator(":focus")).waitFor();
    await keyboard.press("3");
    await page.getByRole("heading", { name: "Upcoming" }).waitFor();
    await keyboard.press("2");
    await page.getByRole("heading", { name: "Today", level: 1 }).waitFor();
    await keyboard.press("1");
    await page.getByRole("heading", { name: "All tasks", level: 1 }).waitFor();
    await keyboard.press("n");
    await expectFocus("new-task");
    expect(consoleErrors).toEqual([]);
  });

  test("selects tasks and empties the trash by keyboard alone", async ({ openPage }) => {
    const { page, consoleErrors } = await openPage();
    const { keyboard } = page;
    const press = async (...keys: string[]) => {
      for (const key of keys) await keyboard.press(key);
    };
    const focused = (role: "button" | "checkbox" | "heading", name: string) =>
      page.getByRole(role, { name, exact: true }).and(page.locator(":focus")).waitFor();
    await signUp(page, newAccount());
    // The focus starts in the field above the empty list.
    await page.locator("#new-task:focus").waitFor();
    await seed(page, [{ title: "One", dueAt: new Date().toISOString() }, { title: "Two" }, { title: "Three" }]);
    await press("Tab");
    await focused("checkbox", "One");
    await press("c");
    await completedTask(page, "One").waitFor();
    await press("z");
    await expectTitles(page, "Open tasks", ["One", "Two", "Three"]);

    await focused("checkbox", "Two");
    await press("x", "ArrowDown", "x", "c");
    await expectTitles(page, "Completed tasks", ["Two", "Three"]);
    await focused("button", "Select");
    await press("z");
    await expectTitles(page, "Open tasks", ["One", "Two", "Three"]);
    await press("Enter", "Tab");
    await focused("button", "All");
    await press("Enter", "Delete");
    await page.getByText("3 tasks moved to the trash.").waitFor();

    await press("4");
    await focused("heading", "Trash");
    await page.getByRole("button", { name: "Restore “One”" }).waitFor();
    const [first, second, third] = await titles(page, "Deleted tasks");
    await press("Tab");
    await focused("button", `Restore “${first}”`);
    await press("Tab", "Enter");
    await focused("button", "Keep it");
    await press("Tab", "Enter");
    await focused("button", `Restore “${second}”`);
    await press("Enter");
    await focused("button", `Restore “${third}”`);
    await press("Enter");
    await focused("heading", "Trash");
    await page.getByText("Nothing in the trash.").waitFor();
    expect(consoleErrors).toEqual([]);
  });

  test("sees nothing of the previous user of the browser", async ({ openPage }) => {
    const { page, consoleErrors } = await openPage();
    await signUp(page, newAccount());
    await addTask(page, "A secret");
    await signOut(page);
    await signUp(page, newAccount());
    await page.getByText("Nothing here yet.").waitFor();
    expect(await page.getByText("A secret").count()).toBe(0);
    expect(consoleErrors).toEqual([]);
  });

  test("is told that the email and password don't match", async ({ openPage }) => {
    const { page } = await openPage();
    await page.getByLabel("Email").fill(newAccount().email);
    await page.getByLabel("Password").fill("not the password");
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await page.getByRole("alert").filter({ hasText: "don't match" }).waitFor();
  });
});

describe.concurrent("when the server is slow", () => {
  test("a task added while the list loads appears in it once", async ({ openPage }) => {
    const { page } = await openPage();
    const added = page.waitForResponse((response) => response.request().method() === "POST" && response.url().endsWith("/api/tasks"));
    // The bootstrap response lacks the task and arrives after it was added.
    await page.route(
      "**/api/bootstrap",
      async (route) => {
        const response = await route.fetch();
        await added;
        // The page may have aborted the request.
        await route.fulfill({ response }).catch(() => {});
      },
      { times: 1 },
    );
    await signUp(page, newAccount());
    await page.getByLabel("New task").fill("Water the plants");
    await page.keyboard.press("Enter");
    await openTask(page, "Water the plants").waitFor();
    await page.getByText("1 open").waitFor();
    expect(await openTask(page, "Water the plants").count()).toBe(1);
  });
});

const internalProblem = {
  success: false,
  error: "Something went wrong on our side.",
  code: "internal",
  status: 500,
  title: "Internal Server Error",
  requestId: "test",
};

describe.concurrent("when something fails", () => {
  test("the page offers a retry if it cannot reach the server when it starts", async ({ openPage }) => {
    const { page } = await openPage();
    await page.addInitScript(dropTimers, 5_000);
    await page.route("**/api/auth/get-session*", (route) => route.abort());
    await page.reload();
    await page.getByText("We cannot reach Tasklane.").waitFor();
    await expectAccessible(page);
    await page.unrouteAll();
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByRole("heading", { name: "Sign in", exact: true }).waitFor();
  });

  test("the page opens by itself once it can reach the server", async ({ openPage }) => {
    const { page } = await openPage();
    await page.route("**/api/auth/get-session*", (route) => route.abort());
    await page.reload();
    await page.getByText("We cannot reach Tasklane.").waitFor();
    await page.unrouteAll();
    await page.getByRole("heading", { name: "Sign in", exact: true }).waitFor();
  });

  test("a list that cannot be loaded says so, and loads on a retry", async ({ openPage }) => {
    const { page } = await openPage();
    await signUp(page, newAccount());
    await addTask(page, "Water the plants");

    // The stream of changes would make the page load its list without a click.
    await page.route("**/api/events?*", (route) => route.abort());
    const reads = /\/api\/(tasks\?|bootstrap)/;
    await page.route(reads, (route) => route.abort());
    await page.reload();
    await page.getByRole("status").filter({ hasText: "Loading your tasks" }).waitFor({ state: "attached" });
    await page.getByText("Your tasks could not be loaded.").waitFor();
    await expectAccessible(page);
    await page.unroute(reads);
    await page.getByRole("button", { name: "Try again" }).click();
    await openTask(page, "Water the plants").waitFor();
  });

  test("a change that cannot be saved is rolled back, and saved on a retry", async ({ openPage }) => {
    const { page } = await openPage();
    await signUp(page, newAccount());
    await addTask(page, "Water the plants");

    await page.route("**/api/tasks/*", (route) => route.fulfill({ status: 500, json: internalProblem }));
    await openTask(page, "Water the plants").click();
    await page.getByText("“Water the plants” was not saved.").waitFor();
    await openTask(page, "Water the plants").waitFor();
    await page.unroute("**/api/tasks/*");
    await waitForWrite(page, () => page.getByRole("button", { name: "Try again" }).click());
    await completedTask(page, "Water the plants").waitFor();
    await page.reload();
    await completedTask(page, "Water the plants").waitFor();
  });

  test("a title that is too long goes back to its field", async ({ openPage }) => {
    const { page } = await openPage();
    await signUp(page, newAccount());
    const tooLong = "x".repeat(501);
    await page.getByLabel("New task").fill(tooLong);
    await page.keyboard.press("Enter");
    await page.getByText("500 characters").waitFor();
    expect(await page.getByLabel("New task").inputValue()).toBe(tooLong);

    await addTask(page, "Short");
    await editTask(page, "Short");
    await page.getByRole("textbox", { name: "Title" }).fill(tooLong);
    await page.keyboard.press("Enter");
    await page.getByText("500 characters").waitFor();
    expect(await page.getByRole("textbox", { name: "Title" }).inputValue()).toBe(tooLong);
    await page.keyboard.press("Escape");
    await openTask(page, "Short").waitFor();
  });
});

// Contrast depends on colors, overflow on width, so two of the four combinations cover both.
describe.concurrent.for([
  ["light", { width: 320, height: 640 }],
  ["dark", { width: 1440, height: 900 }],
] as const)("in %s mode, on a screen of %o,", ([colorScheme, viewport]) => {
  test("every view is accessible and fits", async ({ openPage }) => {
    const { page, consoleErrors } = await openPage({ colorScheme, viewport, reducedMotion: "reduce" });
    const check = async () => {
      await expectAccessible(page);
      await expectFits(page);
    };
    await page.getByRole("heading", { name: "Sign in", exact: true }).waitFor();
    await check();
    await page.getByRole("button", { name: "Create an account" }).click();
    await check();
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await signUp(page, newAccount());
    await page.getByText("Nothing here yet.").waitFor();
    await check();

    await seed(page, [
      { title: "Water the plants", tags: ["home"], priority: "low", dueAt: new Date().toISOString() },
      { title: "a".repeat(200), description: "b".repeat(200), tags: ["c".repeat(50)], priority: "urgent" },
      { title: "Pay the rent", completed: true, dueAt: "2024-01-01T00:00:00Z" },
    ]);
    await completedTask(page, "Pay the rent").waitFor();
    await check();

    await editTask(page, "Water the plants");
    await check();
    for (const name of [/^Due/, /^Priority/, /^Tags/]) {
      await page.getByRole("button", { name }).click();
      await page.getByRole("dialog").waitFor();
      await check();
      await page.keyboard.press("Escape");
    }
    await page.keyboard.press("Escape");

    for (const name of [/^Filter/, /^Sort/, /^Account/]) {
      await page.getByRole("button", { name }).click();
      await page.getByRole("dialog").waitFor();
      await check();
      await page.keyboard.press("Escape");
    }
    await page.getByRole("button", { name: "Filter" }).click();
    await page.getByRole("checkbox", { name: "#home" }).click();
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Remove filter #home" }).waitFor();
    await check();
    await page.getByRole("button", { name: "Clear all" }).click();

    await page.getByRole("button", { name: "Select", exact: true }).click();
    await page.getByRole("checkbox", { name: "Select “Water the plants”" }).click();
    await check();
    await page.getByRole("button", { name: "Stop selecting" }).click();
    await page.getByLabel("Search", { exact: true }).fill("nothing like this");
    await page.getByText("Nothing found.").waitFor();
    await check();

    await page.keyboard.press("Escape");
    await goTo(page, "Today");
    await page.getByRole("heading", { name: "Overdue" }).waitFor();
    await check();
    await goTo(page, "Upcoming");
    await page.getByRole("heading", { name: "Tomorrow" }).waitFor();
    await check();
    await deleteTask(page, "Water the plants");
    await page.getByText("“Water the plants” is in the trash.").waitFor();
    await goTo(page, "Trash");
    await page.getByText("Deleted today").waitFor();
    await check();
    await page.getByRole("button", { name: "Erase “Water the plants” permanently" }).click();
    await page.getByRole("alertdialog").waitFor();
    await check();
    await page.keyboard.press("Escape");
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keyboard" }).waitFor();
    await check();
    expect(consoleErrors).toEqual([]);
  });
});
