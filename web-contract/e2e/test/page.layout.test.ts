import { describe, expect } from "vitest";
import { eventually } from "../src/eventually.js";
import { addList, chooseForList } from "../src/lists.js";
import { addTask, deleteTask, goTo, openTask, seed, signUp, test } from "../src/page.js";
import { newAccount } from "../src/visitor.js";

const phone = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };

describe.concurrent("on a phone", () => {
  test("the counts of a list wrap without a dot at the end or the beginning of a line", async ({ openPage }) => {
    const { page } = await openPage(phone);
    await signUp(page, newAccount());
    await seed(page, [
      { title: "Pay the rent", dueOn: "2020-01-01" },
      { title: "Water the plants", dueOn: new Date().toISOString().slice(0, 10) },
      { title: "Done", completed: true },
    ]);
    const summary = page.locator(".page-summary");
    await eventually(async () => expect(await summary.innerText()).toContain("1 completed"));
    // Two lines, however wide the letters of the system are.
    await summary.evaluate((element) => (element.style.maxWidth = "9rem"));
    const parts = await summary.locator(".dotted > span").evaluateAll((parts) =>
      parts.map((part) => {
        const { left, top } = part.getBoundingClientRect();
        const dot = part.querySelector("span")?.getBoundingClientRect();
        const seen = dot && document.elementFromPoint((dot.left + dot.right) / 2, (dot.top + dot.bottom) / 2);
        return { left, top, hasDot: part.contains(seen ?? null) };
      }),
    );
    const [first] = parts;
    expect(new Set(parts.map(({ top }) => top)).size).toBeGreaterThan(1);
    expect(parts.map(({ hasDot }) => hasDot)).toEqual(parts.map(({ left }) => left > first!.left));
  });

  test("the actions on selected tasks are in one line", async ({ openPage }) => {
    const { page } = await openPage(phone);
    await signUp(page, newAccount());
    await addList(page, "Garden");
    await goTo(page, "All tasks");
    await seed(page, Array.from({ length: 12 }, (_, index) => ({ title: `Task ${index}` })));
    await page.getByRole("button", { name: "Select", exact: true }).click();
    await page.getByRole("button", { name: "All", exact: true }).click();
    const bar = page.getByRole("toolbar", { name: "Selected tasks" });
    await bar.getByText("12").waitFor();
    const boxes = await bar.getByRole("button").evaluateAll((buttons) => buttons.map((button) => button.getBoundingClientRect()).map(({ top, width }) => ({ top, width })));
    expect(new Set(boxes.map(({ top }) => top)).size).toBe(1);
    expect(Math.min(...boxes.map(({ width }) => width))).toBeGreaterThanOrEqual(44);
  });
});

describe.concurrent("the trash", () => {
  test("has a line between its lists and its tasks, and is empty only without both", async ({ openPage }) => {
    const { page } = await openPage();
    await signUp(page, newAccount());
    await addTask(page, "Buy soil");
    await addList(page, "Garden");
    await chooseForList(page, "Garden", "Delete");
    await goTo(page, "Trash");
    const list = page.getByRole("list", { name: "Deleted lists" }).getByRole("listitem");
    const line = () => list.evaluate((item) => getComputedStyle(item).borderBottomColor);
    await list.waitFor();
    expect(await page.getByText("Nothing in the trash.").count()).toBe(0);
    expect(await line()).toBe("rgba(0, 0, 0, 0)");
    await goTo(page, "All tasks");
    await openTask(page, "Buy soil").waitFor();
    await deleteTask(page, "Buy soil");
    await goTo(page, "Trash");
    await page.getByRole("button", { name: "Restore “Buy soil”" }).waitFor();
    expect(await line()).not.toBe("rgba(0, 0, 0, 0)");
  });

  test("shows its tasks only with its lists, so that no task moves under a finger", async ({ openPage }) => {
    const { page } = await openPage();
    await signUp(page, newAccount());
    await addTask(page, "Buy soil");
    await deleteTask(page, "Buy soil");
    let release = () => {};
    const released = new Promise<void>((resolve) => (release = resolve));
    await page.route("**/api/lists?*", async (route) => {
      await released;
      await route.continue();
    });
    const tasks = page.waitForResponse((response) => response.url().includes("/api/tasks?"));
    await goTo(page, "Trash");
    await tasks;
    await page.getByText("Loading your tasks…").waitFor();
    expect(await page.getByRole("button", { name: "Restore “Buy soil”" }).count()).toBe(0);
    release();
    await page.getByRole("button", { name: "Restore “Buy soil”" }).waitFor();
    expect(await page.getByText("Loading your tasks…").count()).toBe(0);
  });
});
