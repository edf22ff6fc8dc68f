import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { dragByFinger, longPress, swipeUp } from "../src/drag.js";
import { addList, listLink } from "../src/lists.js";
import { addTask, expectAnnounced, expectTitles, goTo, openTask, row, secondTab, seed, signUp, test } from "../src/page.js";
import { screens } from "../src/press.js";
import { newAccount } from "../src/visitor.js";

const editors = (page: Page) => page.getByRole("form", { name: /^Edit/ }).count();

describe.concurrent.for(screens.filter(([pointer]) => pointer === "touch"))("by %s, %d pixels wide", ([, width, height]) => {
  const options = { viewport: { width, height }, hasTouch: true, isMobile: true };

  test("a long press picks up a task, which goes to another place and under another task", async ({ openPage }) => {
    const { page, consoleErrors } = await openPage(options);
    await signUp(page, newAccount());
    await addList(page, "Trip");
    for (const title of ["Pack", "Socks", "Passport"]) await addTask(page, title);
    await dragByFinger(row(page, "Pack"), row(page, "Socks"), "after");
    await expectTitles(page, "Open tasks", ["Socks", "Pack", "Passport"]);
    await expectAnnounced(page, "“Pack” is now 2 of 3.");
    await dragByFinger(row(page, "Passport"), row(page, "Socks"), "inside");
    await expectTitles(page, "Open tasks", ["Socks", "Passport", "Pack"]);
    await expectAnnounced(page, "“Passport” is now a sub-task of “Socks”.");
    // After the last sub-task, the finger's horizontal position chooses the level.
    await dragByFinger(row(page, "Pack"), row(page, "Socks"), "after");
    await expectTitles(page, "Open tasks", ["Socks", "Pack", "Passport"]);
    await expectAnnounced(page, "“Pack” is now a sub-task of “Socks”.");
    await dragByFinger(row(page, "Pack"), row(page, "Passport"), "after", undefined, 12);
    await expectTitles(page, "Open tasks", ["Socks", "Passport", "Pack"]);
    await expectAnnounced(page, "“Pack” is now on the top level.");
    // A release after a drag is not a tap.
    expect(await editors(page)).toBe(0);
    expect(consoleErrors).toEqual([]);
  });

  test("a swipe over tasks scrolls and moves no task", async ({ openPage }) => {
    const { page, consoleErrors } = await openPage(options);
    await signUp(page, newAccount());
    await seed(page, Array.from({ length: 40 }, (_, index) => ({ title: `Task ${index}` })));
    await addList(page, "Trip");
    await goTo(page, "All tasks");
    await swipeUp(row(page, "Task 6"), 250);
    expect(await page.locator("[data-dragging]").count()).toBe(0);
    expect(await editors(page)).toBe(0);
    await openTask(page, "Task 6").waitFor();
    expect(consoleErrors).toEqual([]);
  });
});

test("a long press where no list is in sight opens the dialog to move the task to one", async ({ openPage }) => {
  const { page, consoleErrors } = await openPage({ viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true });
  await signUp(page, newAccount());
  await seed(page, [{ title: "Buy soil" }, { title: "Pay the rent" }]);
  await addList(page, "Garden", "Green");
  await goTo(page, "All tasks");
  const dialog = page.getByRole("dialog", { name: "Move “Buy soil” to" });
  await longPress(row(page, "Buy soil"), () => dialog.waitFor());
  await dialog.getByRole("button", { name: "Garden" }).click();
  await page.getByText("“Buy soil” is in “Garden”.").waitFor();
  expect(await editors(page)).toBe(0);
  expect(consoleErrors).toEqual([]);
});

test("a finger drags a task onto a list in the sidebar, and another tab shows it live", async ({ openPage }) => {
  const { page, consoleErrors } = await openPage({ viewport: { width: 1280, height: 800 }, hasTouch: true });
  await signUp(page, newAccount());
  await seed(page, [{ title: "Buy soil" }, { title: "Pay the rent" }]);
  await addList(page, "Garden", "Green");
  const tab = await secondTab(page);
  await goTo(tab, "Inbox");
  await goTo(page, "All tasks");
  await dragByFinger(row(page, "Buy soil"), listLink(page, "Garden"), "inside");
  await page.getByText("“Buy soil” is in “Garden”.").waitFor();
  await expectTitles(tab, "Open tasks", ["Pay the rent"]);
  expect(consoleErrors).toEqual([]);
});
