import type { Page } from "playwright-core";
import { describe } from "vitest";
import { addTask, deleteTask, goTo, openTask, seed, signUp, test } from "../src/page.js";
import { newAccount } from "../src/visitor.js";

const focused = (page: Page, selector: string) => page.locator(selector).and(page.locator(":focus")).waitFor();

/** Presses a button with the keyboard. */
async function pressByKey(page: Page, name: string | RegExp): Promise<void> {
  await page.getByRole("button", { name, exact: true }).focus();
  await page.keyboard.press("Enter");
}

describe.concurrent("the focus goes to the heading when its element disappears:", () => {
  test("the button of a notice", async ({ openPage }) => {
    const { page } = await openPage();
    await signUp(page, newAccount());
    await addTask(page, "Water the plants");
    await deleteTask(page, "Water the plants");
    await pressByKey(page, "Undo");
    await openTask(page, "Water the plants").waitFor();
    await focused(page, "h1");
    await pressByKey(page, "Dismiss");
    await focused(page, "h1");
  });

  test("a filter", async ({ openPage }) => {
    const { page } = await openPage();
    await signUp(page, newAccount());
    await seed(page, [{ title: "Water the plants", tags: ["home"] }, { title: "Done", completed: true }]);
    await page.goto("/#/tasks?tag=home");
    await pressByKey(page, "Remove filter #home");
    await focused(page, "h1");
    await page.getByRole("link", { name: "1 completed" }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("link", { name: "1 open" }).waitFor();
    await focused(page, "h1");
  });

  test("the bar of a selection", async ({ openPage }) => {
    const { page } = await openPage();
    await signUp(page, newAccount());
    await seed(page, [{ title: "Water the plants" }]);
    await pressByKey(page, "Select");
    await pressByKey(page, "All");
    await page.keyboard.press("Escape");
    await focused(page, "h1");
  });

  test("the button that reschedules what is overdue", async ({ openPage }) => {
    const { page } = await openPage();
    await signUp(page, newAccount());
    await seed(page, [{ title: "Pay the rent", dueOn: "2020-01-01" }]);
    await goTo(page, "Today");
    await pressByKey(page, "Reschedule to today");
    await focused(page, "h1");
  });

  test("the form to reset a password", async ({ openPage }) => {
    const { page } = await openPage();
    await pressByKey(page, "Forgot your password?");
    await page.getByLabel("Email").fill(newAccount().email);
    await page.keyboard.press("Enter");
    await page.getByText("we have sent an email with a link").waitFor();
    await focused(page, "h1");
  });
});

describe.concurrent("the search field", () => {
  test("has the focus after it is cleared", async ({ openPage }) => {
    const { page } = await openPage();
    await signUp(page, newAccount());
    await seed(page, [{ title: "Water the plants" }]);
    await page.getByLabel("Search", { exact: true }).fill("water");
    await pressByKey(page, "Clear the search");
    await focused(page, "#search");
  });
});
