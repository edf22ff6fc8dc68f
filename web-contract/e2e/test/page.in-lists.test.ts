import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { drag } from "../src/drag.js";
import { eventually } from "../src/eventually.js";
import { addList, chooseForList, listLink, showLists } from "../src/lists.js";
import { addTask, allSent, checkbox, editTask, expectAccessible, expectFits, expectTitles, goTo, openTask, secondTab, seed, signUp, test } from "../src/page.js";
import { screens } from "../src/press.js";
import { newAccount } from "../src/visitor.js";

const wide = { viewport: { width: 1280, height: 800 } };

async function openList(page: Page, name: string): Promise<void> {
  await showLists(page);
  await listLink(page, name).click();
  await page.getByRole("heading", { name, level: 1, exact: true }).waitFor();
}

describe.concurrent.for(screens)("tasks in lists, by %s, %d pixels wide", ([pointer, width, height]) => {
  test("are added and moved, and deleted and restored with their list", async ({ openPage }) => {
    const { page, consoleErrors } = await openPage({ viewport: { width, height }, hasTouch: pointer === "touch" });
    await signUp(page, newAccount());
    await seed(page, [{ title: "Buy soil" }]);
    await addList(page, "Garden", "Green");
    await page.getByText("Nothing here yet.").waitFor();
    await addTask(page, "Water the plants");
    await expectAccessible(page);
    await goTo(page, "Inbox");
    await expectTitles(page, "Open tasks", ["Buy soil"]);

    await page.getByRole("button", { name: "Options for “Buy soil”" }).click();
    await page.getByRole("button", { name: "Move to list…" }).click();
    const dialog = page.getByRole("dialog", { name: "Move “Buy soil” to" });
    await dialog.waitFor();
    await expectAccessible(page);
    await dialog.getByRole("button", { name: "Garden" }).click();
    await page.getByText("“Buy soil” is in “Garden”.").waitFor();
    await page.getByText("Nothing here yet.").waitFor();
    await goTo(page, "All tasks");
    await page.getByRole("main").getByText("Garden").first().waitFor();
    await openList(page, "Garden");
    await expectTitles(page, "Open tasks", ["Buy soil", "Water the plants"]);

    await editTask(page, "Buy soil");
    await page.getByRole("button", { name: "List: Garden" }).click();
    await page.getByRole("radio", { name: "Inbox" }).click();
    await page.getByRole("button", { name: "Save" }).click();
    await expectTitles(page, "Open tasks", ["Water the plants"]);

    await page.getByLabel("New task").fill("Pay rent +garden");
    await page.getByRole("button", { name: "List: Garden" }).waitFor();
    await page.keyboard.press("Enter");
    await expectTitles(page, "Open tasks", ["Water the plants", "Pay rent"]);
    await page.getByRole("main").getByText("2 open").waitFor();

    await page.getByRole("main").getByRole("button", { name: "Options for the list “Garden”" }).click();
    await page.getByRole("dialog", { name: "List" }).getByRole("button", { name: "Delete" }).click();
    await page.getByText("“Garden” is in the trash.").waitFor();
    await page.getByRole("heading", { name: "All tasks", level: 1 }).waitFor();
    await expectTitles(page, "Open tasks", ["Buy soil"]);
    await page.getByRole("button", { name: "Undo" }).click();
    await expectTitles(page, "Open tasks", ["Pay rent", "Water the plants", "Buy soil"]);
    await openList(page, "Garden");
    await expectTitles(page, "Open tasks", ["Water the plants", "Pay rent"]);
    await expectFits(page);
    expect(consoleErrors).toEqual([]);
  });
});

describe.concurrent("a list of tasks", () => {
  test("is the only place to reorder tasks", async ({ openPage }) => {
    const { page } = await openPage(wide);
    await signUp(page, newAccount());
    await seed(page, [{ title: "Buy soil" }, { title: "Pay the rent" }]);
    await addList(page, "Garden", "Green");
    await goTo(page, "All tasks");
    await checkbox(page, "Buy soil").press("Alt+ArrowDown");
    await page.getByText("Open a list to reorder its tasks.").waitFor();
  });

  test("accepts dragged tasks, and another tab shows it live", async ({ openPage }) => {
    const { page, consoleErrors } = await openPage(wide);
    await signUp(page, newAccount());
    await seed(page, [{ title: "Buy soil" }, { title: "Pay the rent" }]);
    await addList(page, "Garden", "Green");
    const tab = await secondTab(page);
    await openList(tab, "Garden");
    await goTo(page, "All tasks");
    await drag(openTask(page, "Buy soil"), listLink(page, "Garden"), "inside");
    await page.getByText("“Buy soil” is in “Garden”.").waitFor();
    await expectTitles(tab, "Open tasks", ["Buy soil"]);
    await page.getByRole("button", { name: "Undo" }).click();
    await tab.getByText("Nothing here yet.").waitFor();
    await goTo(page, "Inbox");
    await openTask(page, "Buy soil").waitFor();
    expect(consoleErrors).toEqual([]);
  });

  test("accepts tasks by keyboard, and the focus goes to the next task", async ({ openPage }) => {
    const { page, consoleErrors } = await openPage(wide);
    await signUp(page, newAccount());
    await seed(page, [{ title: "Buy soil" }, { title: "Pay the rent" }]);
    for (const name of ["Garden", "Errands"]) await addList(page, name);
    await goTo(page, "Inbox");
    await expectTitles(page, "Open tasks", ["Pay the rent", "Buy soil"]);
    await openTask(page, "Pay the rent").press("m");
    await page.getByRole("dialog").getByLabel("List").and(page.locator(":focus")).waitFor();
    await page.keyboard.type("err");
    await eventually(async () => expect(await page.getByRole("dialog").getByRole("listitem").count()).toBe(1));
    await page.keyboard.press("Enter");
    await page.getByText("“Pay the rent” is in “Errands”.").waitFor();
    await openTask(page, "Buy soil").and(page.locator(":focus")).waitFor();
    expect(consoleErrors).toEqual([]);
  });

  test("accepts all selected tasks", async ({ openPage }) => {
    const { page, consoleErrors } = await openPage(wide);
    await signUp(page, newAccount());
    await seed(page, [{ title: "Buy soil" }, { title: "Pay the rent" }, { title: "Call Ann" }]);
    await addList(page, "Garden");
    await goTo(page, "All tasks");
    await openTask(page, "Buy soil").press("x");
    await page.getByRole("checkbox", { name: "Select “Pay the rent”" }).press("x");
    await page.keyboard.press("m");
    await page.getByRole("dialog", { name: "Move 2 tasks to" }).getByRole("button", { name: "Garden" }).click();
    await page.getByText("2 tasks are in “Garden”.").waitFor();
    await openList(page, "Garden");
    await expectTitles(page, "Open tasks", ["Pay the rent", "Buy soil"]);

    await openTask(page, "Buy soil").press("x");
    await page.getByRole("checkbox", { name: "Select “Pay the rent”" }).press("x");
    await drag(page.getByRole("checkbox", { name: "Select “Buy soil”" }), listLink(page, "Inbox"), "inside");
    await page.getByText("2 tasks are in the Inbox.").waitFor();
    await page.getByText("Nothing here yet.").waitFor();
    await page.getByRole("button", { name: "Undo" }).click();
    await expectTitles(page, "Open tasks", ["Pay the rent", "Buy soil"]);
    expect(consoleErrors).toEqual([]);
  });

  test("accepts only the selected tasks that are still in view", async ({ openPage }) => {
    const { page, consoleErrors } = await openPage(wide);
    await signUp(page, newAccount());
    await seed(page, [{ title: "Buy soil" }, { title: "Pay the rent" }]);
    await addList(page, "Garden");
    const tab = await secondTab(page);
    await goTo(page, "All tasks");
    await openTask(page, "Buy soil").press("x");
    await page.getByRole("checkbox", { name: "Select “Pay the rent”" }).press("x");
    await openTask(tab, "Pay the rent").press("Delete");
    await page.getByRole("toolbar", { name: "Selected tasks" }).getByText("1 selected").waitFor();
    await drag(page.getByRole("checkbox", { name: "Select “Buy soil”" }), listLink(page, "Garden"), "inside");
    await page.getByText("“Buy soil” is in “Garden”.").waitFor();
    await openList(tab, "Garden");
    await expectTitles(tab, "Open tasks", ["Buy soil"]);
    expect(consoleErrors).toEqual([]);
  });

  test("keeps its tasks when it is archived, and “All tasks” leaves them out", async ({ openPage }) => {
    const { page, consoleErrors } = await openPage(wide);
    await signUp(page, newAccount());
    await seed(page, [{ title: "Buy soil" }]);
    await addList(page, "Garden", "Green");
    await addTask(page, "Water the plants");
    await listLink(page, "Garden").getByText("1").waitFor();
    await chooseForList(page, "Garden", "Archive");
    await page.getByText("“Garden” is archived.").waitFor();
    await goTo(page, "All tasks");
    await expectTitles(page, "Open tasks", ["Buy soil"]);
    await page.getByRole("main").getByText("1 open").waitFor();
    await page.getByText("Archived 1").click();
    await openList(page, "Garden");
    await expectTitles(page, "Open tasks", ["Water the plants"]);
    expect(consoleErrors).toEqual([]);
  });

  test("receives a task moved offline once the page is online again", async ({ openPage }) => {
    const { page } = await openPage(wide);
    await signUp(page, newAccount());
    await seed(page, [{ title: "Buy soil" }]);
    await addList(page, "Garden", "Green");
    await goTo(page, "All tasks");
    await openTask(page, "Buy soil").waitFor();
    await page.context().setOffline(true);
    await page.getByText("You are offline.").waitFor();
    await page.getByRole("button", { name: "Add list" }).click();
    await page.getByRole("dialog", { name: "New list" }).getByLabel("Name").fill("Errands");
    await page.keyboard.press("Enter");
    await page.getByRole("navigation").getByText("Errands").waitFor();
    await openTask(page, "Buy soil").press("m");
    const offered = page.getByRole("dialog").getByRole("list", { name: "Lists" }).getByRole("button");
    await eventually(async () => expect(await offered.allTextContents()).toEqual(["Inbox", "Garden"]));
    await offered.getByText("Garden").click();
    await page.getByText("2 changes will be saved when you are back.").waitFor();
    await page.context().setOffline(false);
    await allSent(page);
    const tab = await secondTab(page);
    await openList(tab, "Garden");
    await expectTitles(tab, "Open tasks", ["Buy soil"]);
  });
});
