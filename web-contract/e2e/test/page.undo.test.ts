import type { Locator, Page } from "playwright-core";
import { describe, expect } from "vitest";
import { addTask, deleteTask, editTask, expectTitles, goTo, openTask, seed, signUp, test } from "../src/page.js";
import { screens } from "../src/press.js";
import { newAccount } from "../src/visitor.js";

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const notice = (page: Page, text: string) => page.getByText(text, { exact: true }).waitFor();

describe.concurrent.for(screens)("undo, by %s, %d pixels wide", ([pointer, width, height]) => {
  const options = { viewport: { width, height }, hasTouch: pointer === "touch" };
  const press = (target: Locator) => (pointer === "touch" ? target.tap() : target.click());

  test("takes back one step after another, and names each", async ({ openPage }) => {
    const { page, consoleErrors } = await openPage(options);
    await signUp(page, newAccount());
    await seed(page, [{ title: "One" }, { title: "Two" }, { title: "Three" }, { title: "Four" }]);
    await (width < 576 ? deleteTask(page, "One") : press(button(page, "Delete “One”")));
    await notice(page, "“One” is in the trash.");
    const [message, undo] = await Promise.all([page.getByText("“One” is in the trash."), button(page, "Undo")].map((part) => part.boundingBox()));
    expect(undo!.y, "the button is not beside a short message").toBeLessThan(message!.y + message!.height);
    await press(openTask(page, "Two"));
    await notice(page, "“Two” is completed.");
    await press(button(page, "Select"));
    for (const title of ["Three", "Four"]) await press(page.getByRole("checkbox", { name: `Select “${title}”` }));
    await press(page.getByRole("toolbar").getByRole("button", { name: "Delete" }));
    await notice(page, "2 tasks moved to the trash.");
    // Not by touch: taps that follow so fast in one place are a double tap.
    await button(page, "Undo").click();
    await notice(page, "Undone: deleting 2 tasks. Next: completing “Two”.");
    await expectTitles(page, "Open tasks", ["Three", "Four"]);
    await button(page, "Undo").click();
    await notice(page, "Undone: completing “Two”. Next: deleting “One”.");
    await button(page, "Undo").click();
    await notice(page, "Undone: deleting “One”.");
    await expectTitles(page, "Open tasks", ["One", "Two", "Three", "Four"]);
    expect(await button(page, "Undo").count()).toBe(0);
    expect(consoleErrors).toEqual([]);
  });
});

test("undo by keyboard reaches back to the first step, from every view", async ({ openPage }) => {
  const { page, consoleErrors } = await openPage();
  await signUp(page, newAccount());
  await seed(page, [{ title: "One" }, { title: "Two" }, { title: "Three" }]);
  for (const title of ["One", "Two", "Three"]) await button(page, `Delete “${title}”`).click();
  await page.getByText("Nothing here yet.").waitFor();
  await goTo(page, "Trash");
  await button(page, "Restore “Two”").click();
  await notice(page, "“Two” is restored.");
  await page.keyboard.press("z");
  await expectTitles(page, "Deleted tasks", ["Two", "Three", "One"]);
  await page.keyboard.press("1");
  for (const wanted of [["Three"], ["Two", "Three"], ["One", "Two", "Three"]]) {
    await page.keyboard.press("z");
    await expectTitles(page, "Open tasks", wanted);
  }
  await page.keyboard.press("z");
  await notice(page, "Nothing to undo.");
  expect(consoleErrors).toEqual([]);
});

test("undo brings a discarded edit back", async ({ openPage }) => {
  const { page, consoleErrors } = await openPage();
  await signUp(page, newAccount());
  await addTask(page, "Water the plants");
  const notes = page.getByRole("textbox", { name: "Notes" });
  await editTask(page, "Water the plants");
  await notes.fill("A long thought");
  await page.keyboard.press("Escape");
  await notice(page, "Your changes to “Water the plants” are discarded.");
  await page.keyboard.press("z");
  expect(await notes.inputValue()).toBe("A long thought");
  await button(page, "Cancel").click();
  await goTo(page, "Trash");
  await button(page, "Undo").click();
  expect(await notes.inputValue()).toBe("A long thought");
  await button(page, "Save").click();
  await goTo(page, "All tasks");
  await page.getByText("Has notes").waitFor({ state: "attached" });
  await editTask(page, "Water the plants");
  await page.keyboard.press("Escape");
  expect(await button(page, "Undo").count(), "nothing was changed").toBe(0);

  await editTask(page, "Water the plants");
  await notes.fill("Another thought");
  await button(page, "Delete “Water the plants”").click();
  await button(page, "Undo").click();
  await editTask(page, "Water the plants");
  expect(await notes.inputValue()).toBe("Another thought");
  expect(consoleErrors).toEqual([]);
});
