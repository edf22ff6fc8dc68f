import { describe, expect } from "vitest";
import { addTask, editTask, expectTitles, goTo, openTask, seed, signUp, test } from "../src/page.js";
import { screens } from "../src/press.js";
import { newAccount } from "../src/visitor.js";

describe.concurrent.for(screens)("a new task, by %s, %d pixels wide", ([pointer, width, height]) => {
  const options = { viewport: { width, height }, hasTouch: pointer === "touch" };

  test("keeps nothing of a draft that was cleared", async ({ openPage }) => {
    const { page, consoleErrors } = await openPage(options);
    await signUp(page, newAccount());
    await goTo(page, "Today");
    const field = page.getByLabel("New task");
    await field.fill("Something for today");
    await page.getByRole("button", { name: "Due Today" }).waitFor();
    await page.getByRole("button", { name: "Priority" }).click();
    await page.getByRole("radio", { name: "Urgent" }).click();
    await field.fill("");
    await goTo(page, "All tasks");
    await addTask(page, "Someday");
    expect(await page.locator(".task-meta").count()).toBe(0);
    expect(consoleErrors).toEqual([]);
  });

  test("is added by Enter after a day was chosen", async ({ openPage }) => {
    const { page, consoleErrors } = await openPage(options);
    await signUp(page, newAccount());
    await page.getByLabel("New task").fill("Book the train");
    await page.getByRole("button", { name: "Due date" }).click();
    await page.getByRole("button", { name: /^Tomorrow/ }).click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.keyboard.press("Enter");
    await openTask(page, "Book the train").waitFor();
    await page.getByText("Tomorrow", { exact: true }).waitFor();
    expect(await page.getByRole("dialog").count()).toBe(0);

    await editTask(page, "Book the train");
    await page.getByRole("button", { name: "Priority" }).click();
    await page.getByRole("radio", { name: "High" }).click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.getByRole("button", { name: /^Due/ }).click();
    await page.getByRole("button", { name: /^Today/ }).click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.keyboard.press("Enter");
    await page.getByRole("main").getByText("Today", { exact: true }).waitFor();
    expect(await page.getByRole("form", { name: /^Edit/ }).count()).toBe(0);
    expect(consoleErrors).toEqual([]);
  });

  test("that the view does not show is announced, with a link to it", async ({ openPage }) => {
    const { page, consoleErrors } = await openPage(options);
    await signUp(page, newAccount());
    await seed(page, [...Array.from({ length: 40 }, (_, index) => ({ title: `Task ${index + 1}` })), { title: "At home", tags: ["home"] }]);
    await page.getByRole("button", { name: "Filter" }).click();
    await page.getByRole("checkbox", { name: /^#home/ }).click();
    await page.keyboard.press("Escape");
    await expectTitles(page, "Open tasks", ["At home"]);
    const add = async (title: string) => {
      await page.getByLabel("New task").fill(title);
      await page.keyboard.press("Enter");
    };
    const show = async (title: string) => {
      await page.getByRole("button", { name: "Show" }).click();
      await page.getByRole("button", { name: `Edit “${title}”` }).and(page.locator(":focus")).waitFor();
      expect(await openTask(page, title).evaluate((row) => row.getBoundingClientRect().bottom <= innerHeight)).toBe(true);
    };
    await add("At work");
    await page.getByText("“At work” was added. Your filters hide it.").waitFor();
    await show("At work");
    await page.goBack();
    await expectTitles(page, "Open tasks", ["At home"]);
    await page.getByRole("button", { name: "Clear all" }).click();

    await page.getByLabel("Search", { exact: true }).fill("home");
    await expectTitles(page, "Open tasks", ["At home"]);
    await add("At sea");
    await page.getByText("“At sea” was added. Your search hides it.").waitFor();
    await show("At sea");

    await page.getByRole("button", { name: /^Sort/ }).click();
    await page.getByRole("radio", { name: "Title" }).click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await openTask(page, "At home").waitFor();
    await add("Zebra crossing");
    await page.getByText("“Zebra crossing” was added. It is further down.").waitFor();
    await show("Zebra crossing");
    await add("In sight");
    await openTask(page, "In sight").waitFor();

    await goTo(page, "Today");
    const field = page.getByLabel("New task");
    await field.fill("Far away");
    await page.getByRole("button", { name: "Due Today" }).click();
    await page.getByRole("button", { name: "No due date" }).click();
    await field.press("Enter");
    await page.getByText("“Far away” was added. It has no due date.").waitFor();
    await show("Far away");

    await goTo(page, "Today");
    await page.context().setOffline(true);
    await page.getByText("You are offline.").waitFor();
    await add("Written on the train");
    await expectTitles(page, "Today", ["Written on the train"]);
    await page.context().setOffline(false);
    // Chromium logs an error for each request while it is offline.
    expect(consoleErrors.filter((text) => !text.includes("ERR_INTERNET_DISCONNECTED"))).toEqual([]);
  });
});
