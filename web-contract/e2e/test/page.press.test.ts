import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { completedTask, deleteTask, editTask, expectTitles, goTo, numbered, openTask, seed, signUp, test } from "../src/page.js";
import { press, pressTwice, screens } from "../src/press.js";
import { newAccount } from "../src/visitor.js";

const without = (count: number, ...gone: number[]) =>
  numbered(count).flatMap(({ title }, index) => (gone.includes(index + 1) ? [] : title));
const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const editor = (page: Page, title: string) => page.getByRole("form", { name: `Edit “${title}”` });

describe.concurrent.for(screens)("by %s, %d pixels wide", ([pointer, width, height]) => {
  const options = { viewport: { width, height }, hasTouch: pointer === "touch" };
  // On a phone, deleting is in the task's menu.
  const remove = (page: Page, title: string, by: typeof press) =>
    width < 576 ? deleteTask(page, title) : by(button(page, `Delete “${title}”`), pointer);

  test("a press outside the editor saves it and acts on the pressed element", async ({ openPage }) => {
    const { page, consoleErrors } = await openPage(options);
    await signUp(page, newAccount());
    await seed(page, numbered(9));

    await editTask(page, "Task 2");
    await page.getByRole("textbox", { name: "Title" }).fill("Task 2, changed");
    await press(openTask(page, "Task 6"), pointer);
    await expectTitles(page, "Completed tasks", ["Task 6"]);
    await openTask(page, "Task 2, changed").waitFor();
    expect(await page.getByRole("form", { name: /^Edit/ }).count()).toBe(0);

    await editTask(page, "Task 1");
    await remove(page, "Task 7", press);
    await page.getByText("“Task 7” is in the trash.").waitFor();
    await editTask(page, "Task 1");
    await press(button(page, "Edit “Task 8”"), pointer);
    await editor(page, "Task 8").waitFor();
    await press(button(page, "Edit “Task 3”"), pointer);
    await editor(page, "Task 3").waitFor();
    await press(page.getByRole("heading", { name: "Tasks" }), pointer);
    await editor(page, "Task 3").waitFor({ state: "detached" });
    await expectTitles(page, "Open tasks", ["Task 1", "Task 2, changed", "Task 3", "Task 4", "Task 5", "Task 8", "Task 9"]);
    expect(consoleErrors).toEqual([]);
  });

  test("a double press acts on one task", async ({ openPage }) => {
    const { page, consoleErrors } = await openPage(options);
    await signUp(page, newAccount());
    await seed(page, numbered(6));
    await pressTwice(openTask(page, "Task 2"), pointer);
    await completedTask(page, "Task 2").waitFor();
    await remove(page, "Task 4", pressTwice);
    await expectTitles(page, "Open tasks", without(6, 2, 4));
    await remove(page, "Task 1", pressTwice);
    await expectTitles(page, "Open tasks", without(6, 1, 2, 4));
    await expectTitles(page, "Completed tasks", ["Task 2"]);

    await goTo(page, "Trash");
    await pressTwice(button(page, "Restore “Task 1”"), pointer);
    await expectTitles(page, "Deleted tasks", ["Task 4"]);
    expect(consoleErrors).toEqual([]);
  });
});

test("a key that is held down acts on one task", async ({ openPage }) => {
  const { page, consoleErrors } = await openPage();
  await signUp(page, newAccount());
  await seed(page, numbered(6));
  const hold = async (key: string) => {
    for (let times = 0; times < 3; times++) await page.keyboard.down(key);
    await page.keyboard.up(key);
  };
  await openTask(page, "Task 1").focus();
  await hold("c");
  await completedTask(page, "Task 1").waitFor();
  await openTask(page, "Task 2").focus();
  await hold("Delete");
  await expectTitles(page, "Open tasks", without(6, 1, 2));
  await button(page, "Delete “Task 4”").click();
  await goTo(page, "Trash");
  await button(page, "Restore “Task 4”").focus();
  await hold("Enter");
  await expectTitles(page, "Deleted tasks", ["Task 2"]);
  expect(consoleErrors).toEqual([]);
});

test("a press acts on its task although the list changes under it", async ({ openPage }) => {
  const { page, consoleErrors } = await openPage();
  await signUp(page, newAccount());
  await seed(page, numbered(6));
  const addElsewhere = (title: string) => () => seed(page, [{ title }]);
  await press(openTask(page, "Task 3"), "mouse", addElsewhere("First"));
  await completedTask(page, "Task 3").waitFor();
  await press(button(page, "Delete “Task 5”"), "mouse", addElsewhere("Second"));
  await expectTitles(page, "Open tasks", ["Second", "First", ...without(6, 3, 5)]);
  await expectTitles(page, "Completed tasks", ["Task 3"]);
  expect(consoleErrors).toEqual([]);
});
