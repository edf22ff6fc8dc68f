import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { drag } from "../src/drag.js";
import { eventually } from "../src/eventually.js";
import { addList, chooseForList, listLink, showLists } from "../src/lists.js";
import { expectAccessible, expectAnnounced, expectFits, goTo, secondTab, signUp, test } from "../src/page.js";
import { screens } from "../src/press.js";
import { newAccount } from "../src/visitor.js";

const wide = { viewport: { width: 1280, height: 800 } };

/** Waits until the lists in the navigation are these, in this order. */
async function expectLists(page: Page, wanted: string[]): Promise<void> {
  const names = () => page.getByRole("list", { name: "Lists", exact: true }).locator(".nav-text").allTextContents();
  await eventually(async () => expect(await names()).toEqual(wanted));
}

describe.concurrent.for(screens)("lists, by %s, %d pixels wide", ([pointer, width, height]) => {
  test("are added, edited, moved, archived, deleted and restored", async ({ openPage }) => {
    const { page, consoleErrors } = await openPage({ viewport: { width, height }, hasTouch: pointer === "touch" });
    await signUp(page, newAccount());
    await addList(page, "Garden", "Green");
    expect(await page.title()).toBe("Garden · Tasklane");
    await addList(page, "Errands");
    await showLists(page);
    await expectLists(page, ["Garden", "Errands"]);
    await expectAccessible(page);

    await chooseForList(page, "Errands", "Edit");
    const dialog = page.getByRole("dialog", { name: "Edit list" });
    await dialog.getByLabel("Name").fill(" ");
    await dialog.getByRole("button", { name: "Save" }).click();
    await dialog.getByText("Enter a name.").waitFor();
    await dialog.getByLabel("Name").fill("Shopping");
    await dialog.getByRole("radio", { name: "Purple" }).check();
    await expectAccessible(page);
    await dialog.getByRole("button", { name: "Save" }).click();
    await dialog.waitFor({ state: "detached" });
    await expectLists(page, ["Garden", "Shopping"]);
    await listLink(page, "Shopping").locator("[data-color=purple]").waitFor();

    await chooseForList(page, "Shopping", "Move up");
    await expectLists(page, ["Shopping", "Garden"]);

    await chooseForList(page, "Garden", "Archive");
    await page.getByText("“Garden” is archived.").waitFor();
    await showLists(page);
    await expectLists(page, ["Shopping"]);
    await page.getByText("Archived 1").click();
    await chooseForList(page, "Garden", "Unarchive");
    await showLists(page);
    await expectLists(page, ["Shopping", "Garden"]);

    await chooseForList(page, "Shopping", "Delete");
    await page.getByRole("button", { name: "Undo" }).click();
    await showLists(page);
    await expectLists(page, ["Shopping", "Garden"]);
    await listLink(page, "Shopping").click();
    await page.getByRole("heading", { name: "Shopping", level: 1 }).waitFor();
    await page.getByRole("main").getByRole("button", { name: "Options for the list “Shopping”" }).click();
    await page.getByRole("dialog", { name: "List" }).getByRole("button", { name: "Delete" }).click();
    await page.getByRole("heading", { name: "All tasks", level: 1 }).waitFor();
    await goTo(page, "Trash");
    await expectAccessible(page);
    await page.getByRole("button", { name: "Restore the list “Shopping”" }).click();
    await showLists(page);
    await expectLists(page, ["Shopping", "Garden"]);
    await expectFits(page);
    expect(consoleErrors).toEqual([]);
  });
});

describe.concurrent("lists", () => {
  test("keep their dialogs, and the text in them, when the window becomes narrow or wide", async ({ openPage }) => {
    const { page, consoleErrors } = await openPage(wide);
    await signUp(page, newAccount());
    const sidebar = page.locator(".sidebar");
    const name = page.getByRole("dialog").last().getByLabel("Name");
    const resize = async (...widths: number[]) => {
      for (const width of widths) {
        await page.setViewportSize({ width, height: 800 });
        await sidebar.waitFor({ state: width > 900 ? "attached" : "detached" });
      }
    };
    await page.getByRole("button", { name: "Add list" }).click();
    await name.fill("Garden");
    await resize(768, 1280, 360);
    await name.press("Enter");
    await page.getByRole("heading", { name: "Garden", level: 1 }).waitFor();
    await chooseForList(page, "Garden", "Edit");
    await name.fill("Balcony");
    await resize(768, 1280);
    await name.and(page.locator(":focus")).waitFor();
    await name.press("Enter");
    await page.getByRole("heading", { name: "Balcony", level: 1 }).waitFor();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    expect(consoleErrors).toEqual([]);
  });

  test("are added, moved and deleted by keyboard, and the focus stays near", async ({ openPage }) => {
    const { page, consoleErrors } = await openPage(wide);
    await signUp(page, newAccount());
    for (const name of ["A", "B", "C"]) {
      await page.getByRole("button", { name: "Add list" }).press("Enter");
      await page.getByRole("dialog", { name: "New list" }).waitFor();
      await page.keyboard.type(name);
      await page.keyboard.press("Enter");
      await page.getByRole("heading", { name, level: 1, exact: true }).waitFor();
    }
    await listLink(page, "A").press("Alt+ArrowDown");
    await expectAnnounced(page, "“A” is now 2 of 3.");
    await page.keyboard.press("Alt+ArrowDown");
    await expectLists(page, ["B", "C", "A"]);
    await listLink(page, "A").and(page.locator(":focus")).waitFor();
    await page.keyboard.press("Alt+ArrowDown");
    await expectAnnounced(page, "It is at the end.");
    await page.keyboard.press("z");
    await expectLists(page, ["B", "A", "C"]);

    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Delete" }).press("Enter");
    await expectLists(page, ["B", "C"]);
    await listLink(page, "C").and(page.locator(":focus")).waitFor();
    expect(consoleErrors).toEqual([]);
  });

  test("are reordered by dragging, and another tab shows it live", async ({ openPage }) => {
    const { page, consoleErrors } = await openPage(wide);
    await signUp(page, newAccount());
    for (const name of ["A", "B", "C"]) await addList(page, name);
    const tab = await secondTab(page);
    await expectLists(tab, ["A", "B", "C"]);
    await drag(listLink(page, "C"), listLink(page, "A"), "before");
    await expectLists(page, ["C", "A", "B"]);
    await expectLists(tab, ["C", "A", "B"]);
    expect(consoleErrors).toEqual([]);
  });

  test("that were added and changed offline are saved", async ({ openPage }) => {
    const { page } = await openPage(wide);
    await signUp(page, newAccount());
    await addList(page, "Garden");
    await page.context().setOffline(true);
    await page.getByText("You are offline.").waitFor();
    await chooseForList(page, "Garden", "Edit");
    await page.getByRole("dialog", { name: "Edit list" }).getByLabel("Name").fill("Balcony");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Add list" }).click();
    await page.getByRole("dialog", { name: "New list" }).getByLabel("Name").fill("Errands");
    await page.keyboard.press("Enter");
    await expectLists(page, ["Balcony", "Errands"]);
    await page.getByText("2 changes will be saved when you are back.").waitFor();
    await page.context().setOffline(false);
    await listLink(page, "Errands").waitFor();
    const tab = await secondTab(page);
    await expectLists(tab, ["Balcony", "Errands"]);
  });

  test("that were deleted in another tab are shown as gone", async ({ openPage }) => {
    const { page } = await openPage(wide);
    await signUp(page, newAccount());
    await addList(page, "Garden");
    const tab = await secondTab(page);
    await listLink(tab, "Garden").click();
    await tab.getByRole("heading", { name: "Garden", level: 1 }).waitFor();
    await chooseForList(page, "Garden", "Delete");
    await tab.getByText("This list is gone.").waitFor();
    await page.getByRole("button", { name: "Undo" }).click();
    await tab.getByRole("heading", { name: "Garden", level: 1 }).waitFor();
  });
});
