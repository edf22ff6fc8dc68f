import type { Task } from "@tasklane/web-contract";
import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { eventually } from "../src/eventually.js";
import { completedTask, editTask, expectAccessible, expectFits, expectTitles, goTo, openTask, secondTab, seed, signUp, signUpAt, test, waitForWrite } from "../src/page.js";
import { screens } from "../src/press.js";
import { newAccount } from "../src/visitor.js";

const timezoneId = "Europe/Berlin";

/** Signs a new user up on a Monday. */
async function start(page: Page): Promise<void> {
  await signUpAt(page, "2026-11-23T12:00:00+01:00");
  const zone = () => page.evaluate(async () => ((await (await fetch("/api/settings")).json()) as { data: { timeZone: string } }).data.timeZone);
  await eventually(async () => expect(await zone()).toBe(timezoneId));
}

async function tasksOf(page: Page): Promise<Task[]> {
  return page.evaluate(async () => ((await (await fetch("/api/tasks?sort=createdAt")).json()) as { data: Task[] }).data);
}

/** Waits until the server has exactly these tasks with a title, the oldest first. */
const expectSaved = (page: Page, title: string, wanted: Partial<Task>[]) =>
  eventually(async () => expect((await tasksOf(page)).filter((task) => task.title === title)).toMatchObject(wanted));

async function openRepeat(page: Page, title: string): Promise<void> {
  await editTask(page, title);
  await page.getByRole("button", { name: /^Repeat/ }).click();
  await page.getByRole("dialog", { name: "Repeat" }).waitFor();
}

const save = (page: Page) => waitForWrite(page, () => page.getByRole("button", { name: "Save" }).click());
const occurrences = (page: Page, day: string) => page.getByRole("list", { name: `Repeated, ${day}` }).getByRole("listitem");

describe.concurrent.for(screens)("a recurring task, by %s, %d pixels wide", ([pointer, width, height]) => {
  const options = { timezoneId, viewport: { width, height }, hasTouch: pointer === "touch" };

  test("takes a common or a custom rule, and shows the next dates", async ({ openPage }) => {
    const { page, consoleErrors } = await openPage(options);
    await start(page);
    await seed(page, [{ title: "Pay the rent", dueOn: "2026-11-24" }]);
    const row = page.getByRole("listitem").filter({ hasText: "Pay the rent" });

    await openRepeat(page, "Pay the rent");
    await page.getByRole("radio", { name: "Every month on the 24th" }).click();
    await page.getByRole("button", { name: "Repeats: Every month on the 24th" }).waitFor();
    await save(page);
    await row.getByText("Every month", { exact: true }).waitFor();
    await expectSaved(page, "Pay the rent", [{ recurrence: "FREQ=MONTHLY;BYMONTHDAY=24", recurrenceFrom: "due", dueOn: "2026-11-24" }]);

    await openRepeat(page, "Pay the rent");
    await page.getByText("Then Dec 24 · Jan 24, 2027 · Feb 24, 2027").waitFor();
    await expectAccessible(page);
    await page.getByRole("button", { name: "Custom…" }).click();
    await page.getByLabel("On", { exact: true }).selectOption("the fourth Tuesday");
    await page.getByText("Then Dec 22 · Jan 26, 2027 · Feb 23, 2027").waitFor();
    await page.getByLabel("Unit").selectOption("week");
    await page.getByRole("checkbox", { name: "Thursday" }).check();
    await page.getByRole("spinbutton", { name: "Every" }).fill("2");
    await page.getByLabel("Ends").selectOption("after");
    await page.getByRole("spinbutton", { name: "Times" }).fill("3");
    await page.getByText("Then Thursday · Dec 8").waitFor();
    await expectAccessible(page);
    await expectFits(page);
    await page.getByRole("button", { name: "Done" }).click();
    await save(page);
    await row.getByText("Every 2 weeks on Tue, Thu, 3 times").waitFor();
    await expectSaved(page, "Pay the rent", [{ recurrence: "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH;COUNT=3" }]);

    await openRepeat(page, "Pay the rent");
    await page.getByRole("radio", { name: "Every 2 weeks on Tue, Thu, 3 times", checked: true }).waitFor();
    await page.getByRole("button", { name: "Custom…" }).click();
    await page.getByLabel("Counted from").selectOption("the completion");
    await page.getByLabel("Ends").selectOption("on");
    await page.getByLabel("Last day").fill("2026-12-31");
    await page.getByText("Then Dec 8 · Dec 22").waitFor();
    await page.getByRole("button", { name: "Done" }).click();
    await save(page);
    await row.getByText("Every 2 weeks after completion, until Dec 31").waitFor();
    await expectSaved(page, "Pay the rent", [{ recurrence: "FREQ=WEEKLY;INTERVAL=2;UNTIL=20261231", recurrenceFrom: "completion" }]);

    await editTask(page, "Pay the rent");
    await page.getByRole("button", { name: /^Due/ }).click();
    const picker = page.getByRole("dialog", { name: "Due date" });
    expect(await picker.evaluate(({ scrollHeight, clientHeight }) => scrollHeight - clientHeight)).toBeLessThanOrEqual(0);
    if (width < 576) expect(await picker.boundingBox()).toMatchObject({ x: 0, width });
    await page.getByRole("button", { name: "No due date" }).click();
    await save(page);
    await expectSaved(page, "Pay the rent", [{ recurrence: null, dueAt: null }]);
    expect(consoleErrors).toEqual([]);
  });
});

describe.concurrent("a recurrence rule", () => {
  test("that the page cannot put into words is shown as RRULE text and kept", async ({ openPage }) => {
    const { page, consoleErrors } = await openPage({ timezoneId });
    await start(page);
    const recurrence = "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1";
    await seed(page, [{ title: "Board meeting", dueOn: "2026-11-30", recurrence }]);
    await page.getByRole("listitem").filter({ hasText: "Board meeting" }).getByText("Repeats").waitFor();
    await openRepeat(page, "Board meeting");
    await page.getByRole("radio", { name: recurrence, checked: true }).waitFor();
    await page.getByText("Then Dec 31 · Jan 29, 2027 · Feb 26, 2027").waitFor();
    await page.getByRole("button", { name: "Custom…" }).click();
    await page.getByText(`which a change here replaces: ${recurrence}`).waitFor();
    await page.getByRole("button", { name: "Done" }).click();
    await page.getByRole("textbox", { name: "Title" }).fill("Board");
    await save(page);
    await expectSaved(page, "Board", [{ recurrence }]);
    expect(consoleErrors).toEqual([]);
  });

  test("is typed in the title, and Backspace rejects it", async ({ openPage }) => {
    const { page, consoleErrors } = await openPage({ timezoneId });
    await start(page);
    const field = page.getByLabel("New task");
    await field.fill("x tomorrow");
    await page.getByRole("list", { name: "Understood" }).waitFor();
    await field.fill("Buy bread every saturday 9am #food");
    await page.getByText("Understood: repeats every Saturday").waitFor({ state: "attached" });
    await page.getByRole("button", { name: "Repeats: Every Saturday" }).waitFor();
    await page.getByRole("button", { name: "Due Saturday, 9:00 AM" }).waitFor();
    await page.keyboard.press("Enter");
    await expectSaved(page, "Buy bread", [{ recurrence: "FREQ=WEEKLY;BYDAY=SA", dueAt: "2026-11-28T08:00:00Z", tags: ["food"] }]);

    await field.fill("Read a book every day");
    await page.getByRole("button", { name: "Repeats: Every day" }).waitFor();
    // A chosen day takes precedence over the first day of the rule.
    await page.getByRole("button", { name: "Due Today" }).click();
    await page.getByRole("button", { name: "Wednesday, November 25, 2026" }).click();
    await page.getByRole("button", { name: "Due Wednesday" }).waitFor();
    await page.keyboard.press("Enter");
    await expectSaved(page, "Read a book", [{ recurrence: "FREQ=DAILY", dueOn: "2026-11-25" }]);

    await field.fill("Watch Sunday every week");
    await page.getByRole("button", { name: /^Repeats/ }).waitFor();
    await page.keyboard.press("Backspace");
    await page.getByRole("button", { name: "Repeat", exact: true }).waitFor({ state: "detached" });
    await page.keyboard.press("Enter");
    await openTask(page, "Watch Sunday every week").waitFor();
    expect(consoleErrors).toEqual([]);
  });
});

test.concurrent("Upcoming shows when tasks will recur", async ({ openPage }) => {
  const { page, consoleErrors } = await openPage({ timezoneId });
  await start(page);
  await seed(page, [
    { title: "Stand-up", dueAt: "2026-11-26T09:15:00+01:00", recurrence: "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR" },
    { title: "Water", dueOn: "2026-11-20", recurrence: "FREQ=DAILY;INTERVAL=5", recurrenceFrom: "completion" },
  ]);
  await goTo(page, "Upcoming");
  await eventually(async () => expect(await occurrences(page, "Friday").allTextContents()).toEqual(["Stand-up9:15 AM"]));
  // An overdue task recurs as if it were completed today.
  await eventually(async () => expect(await occurrences(page, "Saturday").allTextContents()).toEqual(["Water"]));
  expect(await occurrences(page, "Wednesday").count()).toBe(0);
  expect(await page.getByRole("checkbox", { name: "Stand-up" }).count()).toBe(1);
  await expectAccessible(page);
  expect(consoleErrors).toEqual([]);
});

describe.concurrent("completing a recurring task", () => {
  /** All tasks on the server, without the fields that every write changes. */
  const contents = async (page: Page) => (await tasksOf(page)).map(({ version: _, updatedAt: __, ...task }) => task);

  // The next occurrence depends on the server's clock, so these tests use real time.
  const options = { timezoneId: "UTC" };
  const inDays = (days: number) => new Date(Date.now() + days * 86_400_000);
  const dueOn = inDays(2).toISOString().slice(0, 10);
  const nextDay = inDays(2).toLocaleDateString("en-US", { weekday: "long", timeZone: "UTC" });

  /** Adds a task for today that recurs every other day, with a sub-task. */
  async function addChores(page: Page): Promise<void> {
    await signUp(page, newAccount());
    await seed(page, [{ title: "Chores", dueOn: inDays(0).toISOString().slice(0, 10), recurrence: "FREQ=DAILY;INTERVAL=2" }]);
    const [chores] = await tasksOf(page);
    await seed(page, [{ title: "Dishes", parentId: chores!.id }]);
  }

  test("says when it is due next, and undo takes that back", async ({ openPage }) => {
    const { page, consoleErrors } = await openPage(options);
    await addChores(page);
    const before = await contents(page);
    await openTask(page, "Chores").click();
    await page.getByText(`“Chores” is completed. Next: ${nextDay}.`).waitFor();
    await expectSaved(page, "Chores", [{ completed: true }, { completed: false, dueOn }]);
    await expectSaved(page, "Dishes", [{ completed: true }, { completed: false }]);
    await completedTask(page, "Chores").waitFor();
    await page.getByRole("list", { name: "Open tasks" }).getByText(nextDay).waitFor();
    await page.getByRole("button", { name: "Undo" }).click();
    await eventually(async () => expect(await contents(page)).toEqual(before));
    await expectTitles(page, "Open tasks", ["Dishes", "Chores"]);
    await completedTask(page, "Chores").waitFor({ state: "detached" });
    expect(consoleErrors).toEqual([]);
  });

  test("keeps, on undo, a next occurrence that was changed", async ({ openPage }) => {
    const { page, consoleErrors } = await openPage(options);
    await addChores(page);
    await openTask(page, "Chores").click();
    await expectSaved(page, "Chores", [{ completed: true }, { completed: false }]);
    await page.getByRole("list", { name: "Open tasks" }).getByRole("button", { name: "Edit “Chores”" }).click();
    await page.getByRole("textbox", { name: "Title" }).fill("More chores");
    await save(page);
    await completedTask(page, "Chores").click();
    await openTask(page, "Chores").waitFor();
    await openTask(page, "More chores").waitFor();
    expect(consoleErrors).toEqual([]);
  });

  test("in bulk creates one next occurrence of each, and another tab shows it live", async ({ openPage }) => {
    const { page, consoleErrors } = await openPage(options);
    await addChores(page);
    const tab = await secondTab(page);
    await page.getByRole("button", { name: "Select", exact: true }).click();
    await page.getByRole("button", { name: "All", exact: true }).click();
    const before = await contents(page);
    await page.getByRole("button", { name: "Complete", exact: true }).click();
    await expectSaved(page, "Chores", [{ completed: true }, { completed: false, dueOn }]);
    await openTask(tab, "Chores").waitFor();
    await completedTask(tab, "Chores").waitFor();
    await page.getByRole("button", { name: "Undo" }).click();
    await eventually(async () => expect(await contents(page)).toEqual(before));
    expect(consoleErrors).toEqual([]);
  });
});
