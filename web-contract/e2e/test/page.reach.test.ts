import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { eventually } from "../src/eventually.js";
import { addTask, completedTask, expectTitles, goTo, openTask, seed, signOut, signUp, test } from "../src/page.js";
import { newAccount } from "../src/visitor.js";

const timezoneId = "UTC";
const many = Array.from({ length: 150 }, (_, index) => ({
  title: `Task ${index + 1}${index % 3 === 0 ? " of the kind whose title needs a second line where there is little room for it" : ""}`,
  tags: index % 2 === 0 ? ["even"] : [],
}));

/** The first title in the window, and its position. */
const topmost = (page: Page) =>
  page.locator(".task-title").evaluateAll((rows) => {
    const [row] = rows.filter((row) => row.getBoundingClientRect().top >= 0);
    return { title: row?.textContent, top: Math.round(row?.getBoundingClientRect().top ?? -1) };
  });

async function expectTopmost(page: Page, wanted: { title: string | null | undefined; top: number }): Promise<void> {
  await eventually(async () => {
    const { title, top } = await topmost(page);
    expect(title).toBe(wanted.title);
    expect(Math.abs(top - wanted.top)).toBeLessThan(4);
  });
}

async function scrollTo(page: Page, top: number): Promise<void> {
  await eventually(async () => {
    await page.mouse.wheel(0, 400);
    expect(await page.evaluate(() => scrollY)).toBeGreaterThan(top);
  });
  // Wait until the list stops moving.
  let last = { title: undefined as string | null | undefined, top: -1 };
  await eventually(async () => {
    const before = last;
    last = await topmost(page);
    expect(last).toEqual(before);
  }, 300);
}

describe.concurrent.for([360, 768, 1440])("on a screen %i pixels wide,", (width) => {
  const viewport = { width, height: 720 };

  test("the scroll position is kept: from another view, by Back, and after a reload", async ({ openPage }) => {
    const { page, consoleErrors } = await openPage({ viewport });
    await signUp(page, newAccount());
    await seed(page, many);
    await page.reload();
    await openTask(page, many[0]!.title).waitFor();
    await scrollTo(page, 4_000);
    const before = await topmost(page);

    await page.keyboard.press("2");
    await page.getByRole("heading", { name: "Today", level: 1 }).waitFor();
    await eventually(async () => expect(await page.evaluate(() => scrollY)).toBe(0));
    await page.goBack();
    await expectTopmost(page, before);
    await page.keyboard.press("4");
    await page.getByRole("heading", { name: "Trash" }).waitFor();
    await page.keyboard.press("1");
    await expectTopmost(page, before);
    await page.reload();
    await expectTopmost(page, before);
    expect(consoleErrors).toEqual([]);
  });

  test("completed tasks are a click away, however many are open", async ({ openPage }) => {
    const { page, consoleErrors } = await openPage({ viewport });
    await signUp(page, newAccount());
    await seed(page, [...many, { title: "Done long ago", completed: true }, { title: "Done too", completed: true }]);
    await page.getByRole("link", { name: "2 completed" }).click();
    await expectTitles(page, "Completed tasks", ["Done long ago", "Done too"]);
    expect(await page.getByRole("list", { name: "Open tasks" }).count()).toBe(0);
    await page.reload();
    await expectTitles(page, "Completed tasks", ["Done long ago", "Done too"]);
    await completedTask(page, "Done too").click();
    await expectTitles(page, "Completed tasks", ["Done long ago"]);
    await page.getByRole("link", { name: "151 open" }).click();
    await openTask(page, "Done too").waitFor({ state: "detached" });
    await openTask(page, many[0]!.title).waitFor();
    await page.getByRole("button", { name: "Filter" }).click();
    await page.getByRole("radio", { name: "Completed" }).click();
    await page.keyboard.press("Escape");
    await expectTitles(page, "Completed tasks", ["Done long ago"]);
    await page.getByRole("button", { name: "Remove filter Completed" }).click();
    await openTask(page, many[0]!.title).waitFor();
    expect(consoleErrors).toEqual([]);
  });
});

describe.concurrent("filters and the order", () => {
  test("survive other views, Back and a reload, and end with the session", async ({ openPage }) => {
    const { page } = await openPage({ timezoneId });
    await signUp(page, newAccount());
    await seed(page, [{ title: "B", tags: ["x"] }, { title: "A", tags: ["x"] }, { title: "C" }]);
    await page.getByRole("button", { name: /^Sort/ }).click();
    await page.getByRole("radio", { name: "Title" }).click();
    await page.getByRole("button", { name: /^Filter/ }).click();
    await page.getByRole("checkbox", { name: /^#x/ }).click();
    await page.keyboard.press("Escape");
    await expectTitles(page, "Open tasks", ["A", "B"]);
    await goTo(page, "Today");
    await page.reload();
    await goTo(page, "All tasks");
    await expectTitles(page, "Open tasks", ["A", "B"]);
    await page.keyboard.press("4");
    await page.keyboard.press("1");
    await expectTitles(page, "Open tasks", ["A", "B"]);
    await page.goBack();
    await page.getByRole("heading", { name: "Trash" }).waitFor();
    await page.goForward();
    await expectTitles(page, "Open tasks", ["A", "B"]);
    await signOut(page);
    await signUp(page, newAccount());
    await page.getByText("Nothing here yet.").waitFor();
    expect(page.url()).not.toContain("x");
  });
});

describe.concurrent("selecting all", () => {
  test("selects open tasks, and completed tasks only when the list shows only those", async ({ openPage }) => {
    const { page } = await openPage();
    await signUp(page, newAccount());
    await seed(page, [{ title: "One" }, { title: "Two" }, { title: "Done", completed: true }]);
    await completedTask(page, "Done").waitFor();
    await page.getByRole("button", { name: "Select", exact: true }).click();
    await page.getByRole("button", { name: "All", exact: true }).click();
    await page.getByText("2 selected").waitFor();
    await page.getByRole("button", { name: "Delete", exact: true }).click();
    await page.getByText("2 tasks moved to the trash.").waitFor();
    await expectTitles(page, "Completed tasks", ["Done"]);
    await page.getByRole("link", { name: "1 completed" }).click();
    await page.getByRole("button", { name: "Select", exact: true }).click();
    await page.getByRole("button", { name: "All", exact: true }).click();
    await page.getByText("1 selected").waitFor();
  });
});

describe.concurrent("the keyboard", () => {
  const focused = (page: Page) =>
    page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.id ?? "");
  const expectFocus = (page: Page, name: string) =>
    eventually(async () => expect(await focused(page)).toBe(name));

  test("works as soon as the list is shown", async ({ openPage }) => {
    const { page } = await openPage({ timezoneId });
    await signUp(page, newAccount());
    const today = new Date().setUTCHours(23, 59, 0, 0);
    await seed(page, [
      { title: "One", dueAt: new Date(today).toISOString() },
      { title: "Two", dueAt: new Date(today + 86_400_000).toISOString() },
      { title: "Done", completed: true },
    ]);
    await page.reload();
    await completedTask(page, "Done").waitFor();
    // No field has the focus, so letters are shortcuts.
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keyboard" }).waitFor();
    await page.keyboard.press("Escape");
    await page.keyboard.press("ArrowDown");
    await expectFocus(page, "One");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    await expectFocus(page, "Done");
    await page.keyboard.press("ArrowUp");
    await expectFocus(page, "Two");
    await page.keyboard.press("n");
    await expectFocus(page, "new-task");
    await page.keyboard.press("ArrowDown");
    await expectFocus(page, "One");

    // The arrow keys also go from section to section.
    await page.keyboard.press("3");
    await page.getByRole("heading", { name: "Tomorrow" }).waitFor();
    await page.keyboard.press("ArrowDown");
    await expectFocus(page, "One");
    await page.keyboard.press("ArrowDown");
    await expectFocus(page, "Two");
    await page.keyboard.press("Delete");
    await page.keyboard.press("4");
    await page.getByRole("button", { name: "Restore “Two”" }).waitFor();
    await page.keyboard.press("ArrowDown");
    await expectFocus(page, "Restore “Two”");
    // Shortcuts of the list open the list.
    await page.keyboard.press("/");
    await expectFocus(page, "Search");
    await expectTitles(page, "Open tasks", ["One"]);
    await page.getByRole("heading", { name: "Tasks" }).click();
    await page.keyboard.press("4");
    await page.getByRole("heading", { name: "Trash" }).waitFor();
    await page.keyboard.press("n");
    await expectFocus(page, "new-task");
    await addTask(page, "Three");
  });

  test("can type the first task of an empty list at once, however late the list is loaded", async ({ openPage }) => {
    const { page } = await openPage();
    let release = () => {};
    const released = new Promise<void>((resolve) => (release = resolve));
    await page.route("**/api/bootstrap", async (route) => {
      await released;
      await route.continue();
    });
    await signUp(page, newAccount());
    // The button that had the focus is gone.
    await page.locator("h1:focus").waitFor();
    release();
    await expectFocus(page, "new-task");
  });
});
