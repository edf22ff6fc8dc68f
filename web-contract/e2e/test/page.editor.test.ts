import type { Locator, Page } from "playwright-core";
import { describe, expect } from "vitest";
import { completedTask, editTask, openTask, seed, signUp, test } from "../src/page.js";
import { screens } from "../src/press.js";
import { newAccount } from "../src/visitor.js";

const inWindow = (target: Locator) =>
  target.evaluate((element) => {
    const { top, bottom } = element.getBoundingClientRect();
    return top >= 0 && bottom <= innerHeight;
  });

/** The title of the lowest task that is wholly in the window. */
const lowest = (page: Page) =>
  page.evaluate(() => {
    const rows = [...document.querySelectorAll("li:has(.task-row)")];
    return rows.filter((row) => row.getBoundingClientRect().bottom <= innerHeight).at(-1)!.querySelector(".task-title")!.textContent;
  });

describe.concurrent.for(screens)("the editor, by %s, %d pixels wide", ([pointer, width, height]) => {
  const options = { viewport: { width, height }, hasTouch: pointer === "touch" };
  const tasks = Array.from({ length: 60 }, (_, index) => ({ title: `Task ${index + 1}`, completed: index > 39 }));

  test("opens inside the window, from its last row and with long notes", async ({ openPage }) => {
    const { page, consoleErrors } = await openPage(options);
    await signUp(page, newAccount());
    await seed(page, tasks);
    const title = (await lowest(page))!;
    await editTask(page, title);
    const editor = page.getByRole("form", { name: `Edit “${title}”` });
    expect(await inWindow(editor)).toBe(true);
    await page.getByRole("textbox", { name: "Notes" }).fill("A line.\n".repeat(60));
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Has notes").waitFor({ state: "attached" });
    await page.evaluate(() => scrollTo(0, 0));
    await editTask(page, title);
    expect(await inWindow(page.getByRole("textbox", { name: "Title" }))).toBe(true);
    expect(consoleErrors).toEqual([]);
  });

  test("saves and closes when its task is completed, and the list does not scroll", async ({ openPage }) => {
    const { page, consoleErrors } = await openPage(options);
    await signUp(page, newAccount());
    await seed(page, tasks);
    await editTask(page, "Task 3");
    await page.getByRole("textbox", { name: "Notes" }).fill("All of them");
    await page.getByRole("form").getByRole("checkbox", { name: "Task 3" }).click();
    await openTask(page, "Task 3").waitFor({ state: "detached" });
    await page.getByRole("form", { name: /^Edit/ }).waitFor({ state: "detached" });
    expect(await inWindow(openTask(page, "Task 4"))).toBe(true);
    expect(await page.evaluate(() => scrollY)).toBeLessThan(height);
    await openTask(page, "Task 4").and(page.locator(":focus")).waitFor();
    await page.getByRole("button", { name: "Undo" }).click();
    await editTask(page, "Task 3");
    expect(await page.getByRole("textbox", { name: "Notes" }).inputValue()).toBe("All of them");
    expect(await completedTask(page, "Task 3").count()).toBe(0);
    expect(consoleErrors).toEqual([]);
  });
});
