import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { drag } from "../src/drag.js";
import { eventually } from "../src/eventually.js";
import { addList, chooseForList, listLink } from "../src/lists.js";
import { addTask, allSent, completedTask, expectAccessible, expectAnnounced, expectFits, expectTitles, goTo, openTask, row, secondTab, signUp, test, waitForWrite } from "../src/page.js";
import { screens } from "../src/press.js";
import { newAccount } from "../src/visitor.js";

/** Waits until the open tasks are exactly these, each with a minus sign for each level below the top. */
async function expectTree(page: Page, wanted: string[]): Promise<void> {
  const rows = () =>
    page.getByRole("list", { name: "Open tasks" }).locator(".task-row").evaluateAll((all) =>
      all.map((row) => "-".repeat(Number((row as HTMLElement).dataset["depth"] ?? 0)) + row.querySelector(".task-title")!.textContent),
    );
  await eventually(async () => expect(await rows()).toEqual(wanted));
}

async function start(page: Page): Promise<void> {
  await signUp(page, newAccount());
  await addList(page, "Trip");
  for (const title of ["Pack", "Socks", "Passport"]) await addTask(page, title);
}

describe.concurrent.for(screens)("sub-tasks, by %s, %d pixels wide", ([pointer, width, height]) => {
  test("are created and moved out with the menu, and completed with their task", async ({ openPage }) => {
    const { page, consoleErrors } = await openPage({ viewport: { width, height }, hasTouch: pointer === "touch" });
    await start(page);
    const choose = async (title: string, option: string) => {
      await page.getByRole("button", { name: `Options for “${title}”` }).click();
      await page.getByRole("dialog", { name: "Options" }).getByRole("button", { name: option }).click();
    };
    await choose("Socks", "Make it a sub-task");
    await expectTree(page, ["Pack", "-Socks", "Passport"]);
    await expectAnnounced(page, "“Socks” is now a sub-task of “Pack”.");
    await choose("Passport", "Make it a sub-task");
    await expectTree(page, ["Pack", "-Socks", "-Passport"]);
    await openTask(page, "Socks").click();
    await row(page, "Pack").getByText("1/2").waitFor();
    await expectAccessible(page);
    await openTask(page, "Pack").click();
    for (const title of ["Pack", "Socks", "Passport"]) await completedTask(page, title).waitFor();
    await page.getByRole("button", { name: "Undo" }).click();
    await expectTree(page, ["Pack", "-Passport"]);
    await choose("Passport", "Move out of its task");
    await expectTree(page, ["Pack", "Passport"]);
    await expectFits(page);
    expect(consoleErrors).toEqual([]);
  });
});

describe.concurrent.for(screens)("among all tasks, by %s, %d pixels wide", ([pointer, width, height]) => {
  test("a sub-task names its parent, also one that is not loaded", async ({ openPage }) => {
    const { page, consoleErrors } = await openPage({ viewport: { width, height }, hasTouch: pointer === "touch" });
    await signUp(page, newAccount());
    await addList(page, "Trip");
    await addTask(page, "Pack everything that is on the long list beside the door, and more");
    // The parent is on a later page than its sub-task.
    await page.evaluate(async () => {
      const get = async (path: string) => ((await (await fetch(path)).json()) as { data: { id: string }[] }).data[0]!.id;
      const parentId = await get("/api/tasks");
      const task = (title: string, below = {}) => ({ op: "create", kind: "task", data: { title, ...below } });
      const others = Array.from({ length: 60 }, (_, index) => task(`Other ${index}`));
      const body = JSON.stringify({ operations: [...others, task("Socks", { parentId })] });
      await fetch("/api/batch", { method: "POST", headers: { "content-type": "application/json" }, body });
    });
    await page.reload();
    await expectTree(page, ["Pack everything that is on the long list beside the door, and more", "-Socks"]);
    const named = row(page, "Socks").getByText("Pack everything");
    expect(await named.count()).toBe(0);
    await goTo(page, "All tasks");
    await named.waitFor();
    const described = await row(page, "Socks").getByRole("checkbox").evaluate((check) => document.getElementById(check.getAttribute("aria-describedby")!)!.textContent);
    expect(described).toContain("Sub-task of ↳Pack everything that is on the long list beside the door, and more");
    await expectAccessible(page);
    await expectFits(page);
    expect(consoleErrors).toEqual([]);
  });
});

describe.concurrent("sub-tasks", () => {
  test("are all counted, also those not loaded or hidden by filters", async ({ openPage }) => {
    const { page, consoleErrors } = await openPage({ viewport: { width: 1280, height: 800 } });
    await signUp(page, newAccount());
    await addList(page, "Trip");
    await addTask(page, "Pack");
    // More than a page of other completed tasks comes first.
    await page.evaluate(async () => {
      const get = async (path: string) => ((await (await fetch(path)).json()) as { data: { id: string }[] }).data[0]!.id;
      const [listId, parentId] = [await get("/api/lists"), await get("/api/tasks")];
      const task = (title: string, completed: boolean, below = {}) => ({ op: "create", kind: "task", data: { title, listId, completed, ...below } });
      const others = Array.from({ length: 60 }, (_, index) => task(`Other ${index}`, true));
      const subtasks = ["Pack socks", "Map", "Shoes"].map((title, index) => task(title, index > 0, { parentId, tags: index > 1 ? [] : ["small"] }));
      const body = JSON.stringify({ operations: [...others, ...subtasks] });
      await fetch("/api/batch", { method: "POST", headers: { "content-type": "application/json" }, body });
    });
    await page.reload();
    await expectTree(page, ["Pack", "-Pack socks"]);
    await row(page, "Pack").getByText("2/3").waitFor();
    await page.getByLabel("Search", { exact: true }).fill("pack");
    await expectTree(page, ["Pack", "Pack socks"]);
    await row(page, "Pack").getByText("2/3").waitFor();
    expect(consoleErrors).toEqual([]);
  });

  test("are typed below their task, one after another, and can be collapsed", async ({ openPage }) => {
    const { page, consoleErrors } = await openPage({ viewport: { width: 1280, height: 800 } });
    await start(page);
    await page.getByRole("button", { name: "Options for “Pack”" }).click();
    await page.getByRole("dialog", { name: "Options" }).getByRole("button", { name: "Add a sub-task" }).click();
    const field = page.getByRole("textbox", { name: "New sub-task of “Pack”" });
    for (const title of ["Shoes", "Map", "Rain coat"]) {
      await field.and(page.locator(":focus")).waitFor();
      await page.keyboard.type(title);
      await waitForWrite(page, () => page.keyboard.press("Enter"));
    }
    await expectTree(page, ["Pack", "-Shoes", "-Map", "-Rain coat", "Socks", "Passport"]);
    await expectAccessible(page);
    await page.keyboard.press("Escape");
    await field.waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Edit “Pack”" }).and(page.locator(":focus")).waitFor();

    const toggle = page.getByRole("button", { name: "Sub-tasks of “Pack”" });
    await toggle.click();
    await expectTree(page, ["Pack", "Socks", "Passport"]);
    await row(page, "Pack").getByText("0/3").waitFor();
    await page.reload();
    await expectTree(page, ["Pack", "Socks", "Passport"]);
    expect(await toggle.getAttribute("aria-expanded")).toBe("false");
    await openTask(page, "Pack").press("ArrowRight");
    await expectTree(page, ["Pack", "-Shoes", "-Map", "-Rain coat", "Socks", "Passport"]);
    await openTask(page, "Pack").press("ArrowLeft");
    await expectTree(page, ["Pack", "Socks", "Passport"]);
    // A new sub-task expands its parent, so that it stays visible.
    await openTask(page, "Socks").press("Alt+ArrowRight");
    await expectTree(page, ["Pack", "-Shoes", "-Map", "-Rain coat", "-Socks", "Passport"]);
    expect(consoleErrors).toEqual([]);
  });

  test("follow their task and list before the server responds, whatever the device's clock", async ({ openPage }) => {
    const { page } = await openPage({ viewport: { width: 1280, height: 800 } });
    await page.clock.install({ time: "2020-02-29T12:00:00Z" });
    await page.reload();
    await start(page);
    await waitForWrite(page, () => openTask(page, "Socks").press("Alt+ArrowRight"));
    await expectTree(page, ["Pack", "-Socks", "Passport"]);
    await page.context().setOffline(true);
    await page.getByText("You are offline.").waitFor();
    await openTask(page, "Pack").click();
    await expectTitles(page, "Completed tasks", ["Pack", "Socks"]);
    await page.keyboard.press("z");
    await expectTree(page, ["Pack", "-Socks", "Passport"]);
    await openTask(page, "Pack").press("Delete");
    await expectTree(page, ["Passport"]);
    await page.keyboard.press("z");
    await expectTree(page, ["Pack", "-Socks", "Passport"]);
    await chooseForList(page, "Trip", "Delete");
    await page.getByText("Nothing here yet.").waitFor();
    await page.keyboard.press("z");
    await listLink(page, "Trip").click();
    await expectTree(page, ["Pack", "-Socks", "Passport"]);
    // Reopening a sub-task reopens its parent.
    await openTask(page, "Pack").click();
    await completedTask(page, "Socks").click();
    await expectTree(page, ["Pack", "-Socks", "Passport"]);
    await openTask(page, "Passport").press("Alt+ArrowRight");
    await openTask(page, "Passport").press("Alt+ArrowUp");
    await expectTree(page, ["Pack", "-Passport", "-Socks"]);
    await page.context().setOffline(false);
    await allSent(page);
    await expectTree(page, ["Pack", "-Passport", "-Socks"]);
    const tab = await secondTab(page);
    await listLink(tab, "Trip").click();
    await expectTree(tab, ["Pack", "-Passport", "-Socks"]);
  });

  test("are created by dragging and by keyboard, and another tab shows it live", async ({ openPage }) => {
    const { page, consoleErrors } = await openPage({ viewport: { width: 1280, height: 800 } });
    await start(page);
    const tab = await secondTab(page);
    await listLink(tab, "Trip").click();
    await drag(row(page, "Passport"), row(page, "Pack"), "inside");
    await expectTree(page, ["Pack", "-Passport", "Socks"]);
    await expectTree(tab, ["Pack", "-Passport", "Socks"]);

    // The drop line is indented to the level that the task would have.
    const indent = (title: string) => row(page, title).evaluate((row) => getComputedStyle(row, "::before").insetInlineStart);
    await drag(row(page, "Socks"), row(page, "Passport"), "after", async () => expect(await indent("Passport")).toBe("28px"));
    await expectTree(page, ["Pack", "-Passport", "-Socks"]);
    await drag(row(page, "Socks"), row(page, "Pack"), "before", async () => expect(await indent("Pack")).toBe("0px"));
    await expectTree(page, ["Socks", "Pack", "-Passport"]);
    await openTask(page, "Socks").press("Alt+ArrowDown");
    await expectTree(tab, ["Pack", "-Passport", "Socks"]);

    await openTask(page, "Socks").press("Alt+ArrowRight");
    await expectTree(tab, ["Pack", "-Passport", "-Socks"]);
    await openTask(page, "Socks").and(page.locator(":focus")).waitFor();
    await page.keyboard.press("Alt+ArrowUp");
    await expectTree(tab, ["Pack", "-Socks", "-Passport"]);
    await page.keyboard.press("Alt+ArrowLeft");
    await expectTree(tab, ["Pack", "-Passport", "Socks"]);
    await page.keyboard.press("z");
    await expectTree(tab, ["Pack", "-Socks", "-Passport"]);
    await openTask(page, "Pack").press("Delete");
    await page.getByText("Nothing here yet.").waitFor();
    await page.getByRole("button", { name: "Undo" }).click();
    await expectTree(tab, ["Pack", "-Socks", "-Passport"]);

    // A task goes where the drop line is. After visible sub-tasks, the pointer's horizontal position chooses the level.
    const line = (title: string, wanted: string) => async () => expect(await indent(title)).toBe(wanted);
    await drag(row(page, "Passport"), row(page, "Pack"), "after", line("Pack", "28px"));
    await expectTree(page, ["Pack", "-Passport", "-Socks"]);
    await drag(row(page, "Passport"), row(page, "Socks"), "after", line("Socks", "0px"), 12);
    await expectTree(page, ["Pack", "-Socks", "Passport"]);
    await drag(row(page, "Passport"), row(page, "Socks"), "after", line("Socks", "28px"), 40);
    await expectTree(page, ["Pack", "-Socks", "-Passport"]);
    await page.getByRole("button", { name: "Sub-tasks of “Pack”" }).click();
    await addTask(page, "Map");
    await drag(row(page, "Map"), row(page, "Pack"), "before", line("Pack", "0px"));
    await expectTree(tab, ["Map", "Pack", "-Socks", "-Passport"]);
    await drag(row(page, "Map"), row(page, "Pack"), "after", line("Pack", "0px"));
    await expectTree(tab, ["Pack", "-Socks", "-Passport", "Map"]);
    await page.getByRole("button", { name: "Delete “Map”" }).click();
    await page.getByRole("button", { name: "Sub-tasks of “Pack”" }).click();
    await expectTitles(page, "Open tasks", ["Pack", "Socks", "Passport"]);
    expect(consoleErrors).toEqual([]);
  });
});
