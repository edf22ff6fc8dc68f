import { describe, expect } from "vitest";
import { eventually } from "../src/eventually.js";
import { completedTask, editTask, expectTitles, goTo, openTask, secondTab, seed, signUp, test } from "../src/page.js";
import { newAccount } from "../src/visitor.js";

/** The end of the day a number of days from today, in UTC as in the browser. */
function due(days: number): string {
  const now = new Date();
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + days, 23, 59)).toISOString();
}

const timezoneId = "UTC";

describe.concurrent("a list", () => {
  test("is searched, sorted and filtered, also after a reload", async ({ openPage }) => {
    const { page, consoleErrors } = await openPage({ timezoneId });
    await signUp(page, newAccount());
    await seed(page, [
      { title: "Water the plants", tags: ["home"], priority: "low", dueAt: due(0) },
      { title: "Book the train", tags: ["travel"], priority: "urgent", dueAt: due(3) },
      { title: "Ask for the visa", tags: ["travel", "papers"], priority: "high", dueAt: due(-2) },
      { title: "Café with Grace", description: "About the journey" },
    ]);
    const all = ["Water the plants", "Book the train", "Ask for the visa", "Café with Grace"];
    await expectTitles(page, "Open tasks", all);

    const search = page.getByLabel("Search", { exact: true });
    await search.pressSequentially("cafe");
    await expectTitles(page, "Open tasks", ["Café with Grace"]);
    await search.fill("journ");
    await expectTitles(page, "Open tasks", ["Café with Grace"]);
    await search.fill("no such thing");
    await page.getByText("Nothing found.").waitFor();
    await page.getByRole("button", { name: "Clear the search" }).click();
    await expectTitles(page, "Open tasks", all);

    const sort = async (by: string) => {
      await page.getByRole("button", { name: /^Sort/ }).click();
      await page.getByRole("radio", { name: by }).click();
      await page.getByRole("dialog", { name: "Sort" }).waitFor({ state: "detached" });
    };
    await sort("Due date");
    await expectTitles(page, "Open tasks", ["Ask for the visa", "Water the plants", "Book the train", "Café with Grace"]);
    await sort("Title");
    await expectTitles(page, "Open tasks", ["Ask for the visa", "Book the train", "Café with Grace", "Water the plants"]);
    await sort("Priority");
    const byPriority = ["Book the train", "Ask for the visa", "Water the plants", "Café with Grace"];
    await expectTitles(page, "Open tasks", byPriority);

    const filter = async (role: "checkbox" | "radio", name: string | RegExp, wanted: string[]) => {
      await page.getByRole("button", { name: /^Filter/ }).click();
      await page.getByRole(role, { name }).click();
      await page.keyboard.press("Escape");
      await expectTitles(page, "Open tasks", wanted);
    };
    await filter("checkbox", /^#travel/, ["Book the train", "Ask for the visa"]);
    await filter("checkbox", "High", ["Ask for the visa"]);
    await page.reload();
    await expectTitles(page, "Open tasks", ["Ask for the visa"]);
    await page.getByRole("button", { name: "Clear all" }).click();
    await expectTitles(page, "Open tasks", byPriority);
    await filter("radio", "Overdue", ["Ask for the visa"]);
    await filter("radio", "Today", ["Water the plants"]);
    await filter("radio", "The next 7 days", ["Book the train", "Water the plants"]);
    expect(consoleErrors).toEqual([]);
  });

  test("shows notes, a due date, a priority and tags", async ({ openPage }) => {
    const { page, consoleErrors } = await openPage({ timezoneId });
    await signUp(page, newAccount());
    await page.getByLabel("New task").fill("Book the train");
    await page.getByRole("button", { name: "Due date" }).click();
    await page.getByLabel("Date", { exact: true }).fill("2031-05-07");
    await page.getByLabel("Time", { exact: true }).fill("09:30");
    await page.getByRole("button", { name: "Done" }).click();
    await page.getByRole("button", { name: "Add", exact: true }).click();
    await page.getByText("May 7, 2031, 9:30 AM", { exact: true }).waitFor();

    await editTask(page, "Book the train");
    await page.getByRole("textbox", { name: "Notes" }).fill("By the window");
    await page.getByRole("button", { name: "Priority" }).click();
    await page.getByRole("radio", { name: "Urgent" }).click();
    await page.getByRole("button", { name: "Tags" }).click();
    await page.getByLabel("Add a tag").fill("travel");
    await page.keyboard.press("Enter");
    await page.getByRole("checkbox", { name: "#travel" }).and(page.locator(":checked")).waitFor();
    await page.keyboard.press("Escape");
    // A click elsewhere saves.
    await page.getByRole("heading", { name: "Tasks" }).click();
    await page.getByText("Urgent", { exact: true }).waitFor();

    const tab = await secondTab(page);
    await tab.getByText("Urgent", { exact: true }).waitFor();
    await editTask(tab, "Book the train");
    const notes = tab.getByRole("textbox", { name: "Notes" });
    expect(await notes.inputValue()).toBe("By the window");
    await notes.fill("By the aisle");
    expect(await notes.inputValue()).toBe("By the aisle");
    await tab.getByRole("button", { name: "Tags: travel" }).waitFor();
    await tab.getByRole("button", { name: /^Due/ }).click();
    await tab.getByRole("button", { name: "No due date" }).click();
    await tab.getByRole("button", { name: "Save" }).click();
    await page.getByText("May 7, 2031, 9:30 AM", { exact: true }).waitFor({ state: "detached" });
    expect(consoleErrors).toEqual([]);
  });

  test("gets deleted tasks back by undo or from the trash", async ({ openPage }) => {
    const { page, consoleErrors } = await openPage();
    await signUp(page, newAccount());
    await seed(page, [{ title: "One" }, { title: "Two" }, { title: "Three" }]);

    await page.getByRole("button", { name: "Delete “One”" }).click();
    await expectTitles(page, "Open tasks", ["Two", "Three"]);
    await page.getByRole("button", { name: "Undo" }).click();
    await expectTitles(page, "Open tasks", ["One", "Two", "Three"]);

    await page.getByRole("button", { name: "Delete “Two”" }).click();
    await page.getByRole("button", { name: "Delete “Three”" }).click();
    await goTo(page, "Trash");
    await page.getByRole("button", { name: "Restore “Three”" }).waitFor();
    await page.getByRole("button", { name: "Restore “Two”" }).click();
    await page.getByRole("button", { name: "Erase “Three” permanently" }).click();
    await page.getByRole("button", { name: "Keep it" }).click();
    await expectTitles(page, "Deleted tasks", ["Three"]);
    await page.getByRole("button", { name: "Erase “Three” permanently" }).click();
    await page.getByRole("button", { name: "Erase", exact: true }).click();
    await page.getByText("Nothing in the trash.").waitFor();

    await goTo(page, "All tasks");
    await expectTitles(page, "Open tasks", ["One", "Two"]);
    await expectTitles(await secondTab(page), "Open tasks", ["One", "Two"]);
    expect(consoleErrors).toEqual([]);
  });

  test("is completed and deleted in bulk, and one undo restores everything", async ({ openPage }) => {
    const { page, consoleErrors } = await openPage();
    await signUp(page, newAccount());
    await seed(page, [{ title: "One" }, { title: "Two" }, { title: "Three" }]);
    const pick = async (...titles: string[]) => {
      await page.getByRole("button", { name: "Select", exact: true }).click();
      for (const title of titles) await page.getByRole("checkbox", { name: `Select “${title}”` }).click();
    };

    await pick("One", "Three");
    await page.getByRole("button", { name: "Complete", exact: true }).click();
    await expectTitles(page, "Open tasks", ["Two"]);
    await expectTitles(page, "Completed tasks", ["One", "Three"]);
    await page.getByText("2 tasks completed.").waitFor();
    await page.getByRole("button", { name: "Undo" }).click();
    await expectTitles(page, "Open tasks", ["One", "Two", "Three"]);

    await pick();
    await page.getByRole("button", { name: "All", exact: true }).click();
    await page.getByRole("button", { name: "Delete", exact: true }).click();
    await page.getByText("3 tasks moved to the trash.").waitFor();
    await page.getByRole("button", { name: "Undo" }).click();
    await expectTitles(page, "Open tasks", ["One", "Two", "Three"]);
    await expectTitles(await secondTab(page), "Open tasks", ["One", "Two", "Three"]);
    expect(consoleErrors).toEqual([]);
  });
});

describe.concurrent("a thousand tasks", () => {
  test("can be scrolled to the last one, with few rows rendered at a time", async ({ openPage }) => {
    const { page, consoleErrors } = await openPage();
    await signUp(page, newAccount());
    await seed(page, Array.from({ length: 1_000 }, (_, index) => ({ title: `Task ${index + 1}` })));
    await page.reload();
    await openTask(page, "Task 1").waitFor();

    await page.evaluate(() => {
      const seen = { rows: 0, longTasks: 0 };
      Object.assign(window, { seen });
      const countRows = () => (seen.rows = Math.max(seen.rows, document.querySelectorAll("main li").length));
      addEventListener("scroll", countRows);
      new PerformanceObserver((list) => (seen.longTasks += list.getEntries().length)).observe({ type: "longtask" });
    });
    await eventually(async () => {
      await page.mouse.wheel(0, 3_000);
      expect(await openTask(page, "Task 1000").isVisible()).toBe(true);
    }, 20);
    const { rows, longTasks } = await page.evaluate(
      () => (window as unknown as { seen: Record<"rows" | "longTasks", number> }).seen,
    );
    console.info(`at most ${rows} rows were rendered, and ${longTasks} tasks of the browser took longer than 50 ms`);
    expect(rows).toBeLessThan(80);
    const last = page.getByRole("list", { name: "Open tasks" }).getByRole("listitem").last();
    expect(await last.getAttribute("aria-posinset")).toBe("1000");
    await openTask(page, "Task 1000").click();
    await completedTask(page, "Task 1000").waitFor();

    await page.reload();
    await page.getByRole("button", { name: "Select", exact: true }).click();
    await page.getByRole("button", { name: "All", exact: true }).click();
    await page.getByText("999 selected").waitFor();
    await page.getByRole("button", { name: "Complete", exact: true }).click();
    await page.getByText("999 tasks completed.").waitFor();
    await page.getByText("0 open").waitFor();
    expect(consoleErrors).toEqual([]);
  });
});
