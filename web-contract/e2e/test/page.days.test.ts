import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { drag } from "../src/drag.js";
import { eventually } from "../src/eventually.js";
import { checkbox, completedTask, editTask, expectAccessible, expectFits, expectTitles, goTo, openTask, secondTab, seed, signUp, test } from "../src/page.js";
import { screens } from "../src/press.js";
import { newAccount } from "../src/visitor.js";

const timezoneId = "UTC";

const inDays = (days: number) => new Date(Date.now() + days * 86_400_000);

/** Due a number of days from today, optionally at a time. */
function due(days: number, time?: string): { dueOn: string } | { dueAt: string } {
  const day = inDays(days).toISOString().slice(0, 10);
  return time ? { dueAt: `${day}T${time}:00Z` } : { dueOn: day };
}

const section = (page: Page, name: string) => page.getByRole("region", { name, exact: true });
const expectNoSection = (page: Page, name: string) => section(page, name).waitFor({ state: "detached" });
const expectNoTasks = (page: Page, list: string) =>
  eventually(async () => expect(await page.getByRole("list", { name: list, exact: true }).count()).toBe(0));

describe.concurrent.for(screens)("today and upcoming, by %s, %d pixels wide", ([pointer, width, height]) => {
  test("show the tasks that are due, and reschedule them", async ({ openPage }) => {
    const { page, consoleErrors } = await openPage({ timezoneId, viewport: { width, height }, hasTouch: pointer === "touch" });
    await signUp(page, newAccount());
    await seed(page, [
      { title: "Someday" },
      { title: "Late", ...due(-3) },
      { title: "Late at nine", ...due(-1, "09:00") },
      { title: "Now", ...due(0) },
      { title: "Next", ...due(1, "09:00") },
      { title: "Far", ...due(30) },
    ]);
    await goTo(page, "Today");
    await expectTitles(page, "Overdue", ["Late", "Late at nine"]);
    await expectTitles(page, "Today", ["Now"]);
    await expectAccessible(page);
    await page.getByRole("button", { name: "Reschedule to today" }).click();
    await page.getByText("2 tasks are due today.").waitFor();
    await expectNoSection(page, "Overdue");
    await eventually(async () => expect(await section(page, "Today").getByRole("checkbox").count()).toBe(3));
    await page.getByRole("button", { name: "Undo" }).click();
    await expectTitles(page, "Overdue", ["Late", "Late at nine"]);

    const choose = async (title: string, option: string) => {
      await page.getByRole("button", { name: `Options for “${title}”` }).click();
      await page.getByRole("dialog", { name: "Options" }).getByRole("button", { name: option }).click();
    };
    await choose("Now", "Move to tomorrow");
    await page.getByText("“Now” is due tomorrow.").waitFor();
    await expectNoTasks(page, "Today");

    await goTo(page, "Upcoming");
    await expectTitles(page, "Tomorrow", ["Next", "Now"]);
    await page.getByText("Later: 1 · No date: 1").waitFor();
    await expectAccessible(page);
    await choose("Next", "Move to today");
    await expectTitles(page, "Today", ["Next"]);
    await section(page, "Today").getByText("9:00").waitFor();
    await page.getByRole("button", { name: "Show 2 more weeks" }).click();
    await page.getByText("Later: 1").waitFor();
    await page.getByRole("button", { name: "Show 2 more weeks" }).click();
    await checkbox(page, "Far").waitFor();
    await expectFits(page);
    expect(consoleErrors).toEqual([]);
  });
});

// Each width has its own language, with its week and its time format.
describe.concurrent.for([
  ["en-US", 360, 740, "5:00 PM", 0],
  ["de-DE", 768, 1024, "17:00", 1],
  ["en-US", 1440, 900, "5:00 PM", 0],
] as const)("in %s, %d pixels wide", ([locale, width, height, time, firstDay]) => {
  test("a recurring task is completed and dragged in the time zone of the settings", async ({ openPage }) => {
    const { page, consoleErrors } = await openPage({ locale, timezoneId, viewport: { width, height } });
    await signUp(page, newAccount());
    await seed(page, [{ title: "Chores", ...due(1, "17:00"), recurrence: "FREQ=DAILY;INTERVAL=2" }]);
    const row = page.getByRole("listitem").filter({ hasText: "Chores" });
    await row.getByText(time).waitFor();
    await openTask(page, "Chores").click();
    const next = inDays(3).toLocaleDateString(locale, { weekday: "long", timeZone: "UTC" });
    await page.getByText(`“Chores” is completed. Next: ${next}, ${time}.`).waitFor();
    await completedTask(page, "Chores").waitFor();
    await page.getByRole("button", { name: "Undo" }).click();
    await completedTask(page, "Chores").waitFor({ state: "detached" });

    await goTo(page, "Upcoming");
    await expectTitles(page, "Tomorrow", ["Chores"]);
    await page.getByRole("list", { name: `Repeated, ${next}` }).getByText(time).waitFor();
    const nextWeek = inDays(7 - ((inDays(0).getUTCDay() - firstDay + 7) % 7));
    const date = nextWeek.toLocaleDateString(locale, { day: "numeric", month: "short", timeZone: "UTC" });
    await page.locator(".week-head + section").getByRole("heading").filter({ hasText: date }).waitFor();
    await drag(checkbox(page, "Chores"), section(page, "Today"), "inside");
    await expectTitles(page, "Today", ["Chores"]);
    await section(page, "Today").getByText(time).waitFor();
    await page.getByRole("button", { name: "Undo" }).click();
    await expectTitles(page, "Tomorrow", ["Chores"]);

    await page.evaluate(async () => {
      const headers = { "content-type": "application/json" };
      await fetch("/api/settings", { method: "PATCH", headers, body: JSON.stringify({ timeZone: "Asia/Kathmandu" }) });
    });
    const offer = page.getByRole("region", { name: "Time zone" });
    await offer.getByText("Your tasks are in Kathmandu time. Use UTC time?").waitFor();
    await page.getByText(time === "17:00" ? "22:45" : "10:45 PM").first().waitFor();
    await expectFits(page);
    await offer.getByRole("button", { name: "Change" }).click();
    await offer.waitFor({ state: "detached" });
    await page.getByText(time).first().waitFor();
    expect(consoleErrors).toEqual([]);
  });
});

describe.concurrent("days", () => {
  test("accept dragged tasks, and another tab shows it live", async ({ openPage }) => {
    const { page, consoleErrors } = await openPage({ timezoneId, viewport: { width: 1280, height: 800 } });
    await signUp(page, newAccount());
    await seed(page, [{ title: "Pay the rent", ...due(0) }, { title: "Buy soil", ...due(0) }]);
    await goTo(page, "Upcoming");
    const tab = await secondTab(page);
    await goTo(tab, "Upcoming");
    await checkbox(tab, "Pay the rent").waitFor();
    await drag(checkbox(page, "Pay the rent"), section(page, "Tomorrow"), "inside");
    await expectTitles(page, "Tomorrow", ["Pay the rent"]);
    await expectTitles(page, "Today", ["Buy soil"]);
    await expectTitles(tab, "Tomorrow", ["Pay the rent"]);
    await page.getByRole("button", { name: "Undo" }).click();
    await expectNoTasks(tab, "Tomorrow");
    expect(consoleErrors).toEqual([]);
  });

  test("ignore the drop of a task that was erased during the drag", async ({ openPage }) => {
    const { page, consoleErrors } = await openPage({ timezoneId, viewport: { width: 1280, height: 800 } });
    await signUp(page, newAccount());
    await seed(page, [{ title: "Pay the rent", ...due(0) }, { title: "Buy soil", ...due(0) }]);
    await goTo(page, "Upcoming");
    const erase = () => page.evaluate(async () => {
      const { data } = await (await fetch("/api/tasks")).json();
      const [{ id }] = data.filter(({ title }: { title: string }) => title === "Pay the rent");
      await fetch(`/api/tasks/${id}?permanent=true`, { method: "DELETE", headers: { "content-type": "application/json" } });
    });
    let erased = false;
    await drag(checkbox(page, "Pay the rent"), section(page, "Tomorrow"), "inside", async () => {
      if (!erased) await erase();
      erased = true;
      await checkbox(page, "Pay the rent").waitFor({ state: "detached" });
    });
    await checkbox(page, "Buy soil").waitFor();
    expect(consoleErrors).toEqual([]);
  });

  test("change by keyboard, and the focus stays on the task", async ({ openPage }) => {
    const { page, consoleErrors } = await openPage({ timezoneId });
    await signUp(page, newAccount());
    await seed(page, [{ title: "Pay the rent", ...due(0) }, { title: "Buy soil", ...due(0) }]);
    await goTo(page, "Upcoming");
    await checkbox(page, "Pay the rent").press("Alt+ArrowDown");
    await expectTitles(page, "Tomorrow", ["Pay the rent"]);
    await page.getByText("“Pay the rent” is due tomorrow.").waitFor();
    await page.getByRole("button", { name: "Edit “Pay the rent”" }).and(page.locator(":focus")).waitFor();
    await page.keyboard.press("Alt+ArrowUp");
    await expectNoTasks(page, "Tomorrow");
    await page.getByRole("button", { name: "Edit “Pay the rent”" }).and(page.locator(":focus")).waitFor();
    await page.keyboard.press("Alt+ArrowUp");
    await page.getByRole("status").filter({ hasText: "Tasks cannot move to a day before today." }).waitFor({ state: "attached" });
    expect(consoleErrors).toEqual([]);
  });

  test("show tasks that were added, edited and completed offline", async ({ openPage }) => {
    const { page } = await openPage({ timezoneId });
    await signUp(page, newAccount());
    await seed(page, [{ title: "Now", ...due(0) }, { title: "Late", ...due(-1) }, { title: "Next", ...due(1) }]);
    await goTo(page, "Today");
    await page.context().setOffline(true);
    await page.getByText("You are offline.").waitFor();
    await checkbox(page, "Late").click();
    await expectNoSection(page, "Overdue");
    await page.getByLabel("New task").fill("One more");
    await page.keyboard.press("Enter");
    await expectTitles(page, "Today", ["Now", "One more"]);
    await editTask(page, "Now");
    await page.getByRole("button", { name: /^Due/ }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Tomorrow" }).click();
    await page.getByRole("button", { name: "Save" }).click();
    await expectTitles(page, "Today", ["One more"]);
    await page.context().setOffline(false);
    await page.getByText("You are offline.").waitFor({ state: "detached" });
    const tab = await secondTab(page);
    await completedTask(tab, "Late").waitFor();
    await openTask(tab, "One more").waitFor();
    await goTo(tab, "Upcoming");
    await expectTitles(tab, "Tomorrow", ["Next", "Now"]);
  });
});

test("Today says that it does not show all tasks, and loads the others again", async ({ openPage }) => {
  const { page } = await openPage({ timezoneId });
  await signUp(page, newAccount());
  await seed(page, Array.from({ length: 120 }, (_, index) => ({ title: `Task ${index + 1}`, ...due(0) })));
  await page.route("**/api/tasks?*cursor=*", (route) => route.fulfill({ status: 403 }));
  await goTo(page, "Today");
  await page.getByText("Your tasks could not be loaded.").waitFor();
  const inSection = (count: number) => page.locator(`[aria-setsize="${count}"]`).first().waitFor();
  await inSection(50);
  await page.unroute("**/api/tasks?*cursor=*");
  await page.getByRole("button", { name: "Try again" }).click();
  await inSection(120);
  await page.getByText("Your tasks could not be loaded.").waitFor({ state: "detached" });
});
