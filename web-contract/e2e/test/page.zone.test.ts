import type { Settings, Task } from "@tasklane/web-contract";
import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { eventually } from "../src/eventually.js";
import { editTask, expectAccessible, expectTitles, goTo, openTask, signUp, signUpAt, test, waitForWrite } from "../src/page.js";
import { newAccount } from "../src/visitor.js";

const read = <Data>(page: Page, path: string): Promise<Data> =>
  page.evaluate(async (path) => ((await (await fetch(path)).json()) as { data: Data }).data, path);

const settingsOf = (page: Page) => read<Settings>(page, "/api/settings");
const expectZone = (page: Page, timeZone: string) =>
  eventually(async () => expect((await settingsOf(page)).timeZone).toBe(timeZone));

/** The only task with a title, as the server has it. */
async function taskOf(page: Page, title: string): Promise<Task> {
  const tasks = await read<Task[]>(page, "/api/tasks");
  return tasks.find((task) => task.title === title)!;
}

/** Changes the zone as another device does. */
const setZone = (page: Page, timeZone: string) =>
  page.evaluate(async (zone) => {
    const headers = { "content-type": "application/json" };
    await fetch("/api/settings", { method: "PATCH", headers, body: JSON.stringify({ timeZone: zone }) });
  }, timeZone);

/** Types a task whose line names a day. */
async function add(page: Page, title: string, day: string): Promise<void> {
  await page.getByLabel("New task").fill(`${title} ${day}`);
  await page.getByRole("list", { name: "Understood" }).waitFor();
  await waitForWrite(page, () => page.keyboard.press("Enter"));
  await openTask(page, title).waitFor();
}

test.concurrent.for([
  ["en-US", "America/New_York", "sunday"],
  ["de-DE", "Europe/Berlin", "monday"],
] as const)("a new user with a browser in %s gets its time zone and week", async ([locale, timezoneId, weekStart], { openPage }) => {
  const { page, consoleErrors } = await openPage({ locale, timezoneId });
  await signUp(page, newAccount());
  await expectZone(page, timezoneId);
  expect(await settingsOf(page)).toMatchObject({ weekStart, version: 2 });
  await page.reload();
  await page.getByText("Nothing here yet.").waitFor();
  expect(await page.getByRole("region", { name: "Time zone" }).count()).toBe(0);
  expect(await settingsOf(page)).toMatchObject({ version: 2 });
  expect(consoleErrors).toEqual([]);
});

describe.concurrent("in another time zone", () => {
  const travel = { timezoneId: "America/New_York" };
  const offer = (page: Page) => page.getByRole("region", { name: "Time zone" });

  /** Signs up in New York in the evening, with settings for Berlin, where the next day has begun. */
  async function arrive(page: Page): Promise<void> {
    await signUpAt(page, "2026-11-23T20:00:00-05:00");
    await expectZone(page, travel.timezoneId);
    await setZone(page, "Europe/Berlin");
    await page.reload();
    await offer(page).getByText("Your tasks are in Berlin time. Use New York time?").waitFor();
  }

  test("days follow the settings, not the browser", async ({ openPage }) => {
    const { page, consoleErrors } = await openPage(travel);
    await arrive(page);
    await add(page, "Pay the rent", "today");
    expect(await taskOf(page, "Pay the rent")).toMatchObject({ dueOn: "2026-11-24", dueAt: "2026-11-24T22:59:59Z" });
    await add(page, "Call Anna", "tomorrow 9am");
    expect(await taskOf(page, "Call Anna")).toMatchObject({ dueOn: null, dueAt: "2026-11-25T08:00:00Z" });
    await goTo(page, "Today");
    await page.getByText("Tue, Nov 24").waitFor();
    await expectTitles(page, "Today", ["Pay the rent"]);
    // The first request already names a day in Berlin.
    const ends: (string | null)[] = [];
    page.on("request", (request) => ends.push(new URL(request.url()).searchParams.get("dueBefore")));
    await page.reload();
    await expectTitles(page, "Today", ["Pay the rent"]);
    expect(new Set(ends.filter(Boolean))).toEqual(new Set(["2026-11-24T23:00:00.000Z"]));
    await page.clock.fastForward(22 * 3_600_000);
    await page.getByText("Wed, Nov 25").waitFor();
    await expectTitles(page, "Overdue", ["Pay the rent"]);
    await page.getByText("9:00").waitFor();
    expect(consoleErrors).toEqual([]);
  });

  test("the user can switch the time zone, and undo that", async ({ openPage }) => {
    const { page, consoleErrors } = await openPage(travel);
    await arrive(page);
    await add(page, "Pay the rent", "today");
    await expectAccessible(page);
    await page.getByRole("button", { name: "Change", exact: true }).press("Enter");
    await expectZone(page, travel.timezoneId);
    await page.getByText("Your tasks are in New York time.").waitFor();
    await page.getByRole("heading", { level: 1 }).and(page.locator(":focus")).waitFor();
    await offer(page).waitFor({ state: "detached" });
    await page.locator(".task-meta").getByText("Tomorrow").waitFor();
    expect(await taskOf(page, "Pay the rent")).toMatchObject({ dueOn: "2026-11-24", dueAt: "2026-11-25T04:59:59Z" });
    await page.keyboard.press("z");
    await offer(page).waitFor();
    await page.locator(".task-meta").getByText("Today").waitFor();
    expect(consoleErrors).toEqual([]);
  });

  test("the focus goes to the heading when the offer disappears", async ({ openPage }) => {
    const { page, consoleErrors } = await openPage(travel);
    await arrive(page);
    await page.getByRole("button", { name: "Change", exact: true }).focus();
    await setZone(page, travel.timezoneId);
    await page.getByRole("heading", { level: 1 }).and(page.locator(":focus")).waitFor();
    expect(await offer(page).count()).toBe(0);
    expect(consoleErrors).toEqual([]);
  });

  test("a user who keeps the time zone is not asked again", async ({ openPage }) => {
    const { page, consoleErrors } = await openPage(travel);
    await arrive(page);
    await page.getByRole("button", { name: "Keep", exact: true }).click();
    await offer(page).waitFor({ state: "detached" });
    await page.reload();
    await page.getByText("Nothing here yet.").waitFor();
    expect(await offer(page).count()).toBe(0);
    expect(consoleErrors).toEqual([]);
  });
});

describe.concurrent("a day", () => {
  const timezoneId = "Europe/Berlin";

  test("is saved as a date, and a day with a time as a moment", async ({ openPage }) => {
    const { page, consoleErrors } = await openPage({ timezoneId, viewport: { width: 1280, height: 800 } });
    await signUpAt(page, "2026-11-23T12:00:00+01:00");
    await expectZone(page, timezoneId);
    const day = (dueOn: string) => ({ dueOn, dueAt: `${dueOn}T22:59:59Z` });
    const expectDue = (due: object) => eventually(async () => expect(await taskOf(page, "Water")).toMatchObject(due));
    await goTo(page, "Today");
    await page.getByLabel("New task").fill("Water");
    await page.keyboard.press("Enter");
    await expectDue(day("2026-11-23"));
    const choose = async (act: () => Promise<unknown>) => {
      await editTask(page, "Water");
      await page.getByRole("button", { name: /^Due/ }).click();
      await act();
      await page.getByRole("button", { name: "Done" }).click();
      await page.getByRole("button", { name: "Save" }).click();
    };
    await goTo(page, "Upcoming");
    await choose(() => page.getByLabel("Date", { exact: true }).fill("2026-11-25"));
    await expectDue(day("2026-11-25"));
    await choose(() => page.getByLabel("Time", { exact: true }).fill("23:59"));
    await expectDue({ dueOn: null, dueAt: "2026-11-25T22:59:00Z" });
    await page.getByText("11:59 PM").waitFor();
    await page.getByRole("checkbox", { name: "Water" }).press("Alt+ArrowUp");
    await expectDue({ dueOn: null, dueAt: "2026-11-24T22:59:00Z" });
    await choose(() => page.getByLabel("Time", { exact: true }).fill(""));
    await expectDue(day("2026-11-24"));
    await page.getByRole("checkbox", { name: "Water" }).press("Alt+ArrowDown");
    await expectDue(day("2026-11-25"));
    await page.keyboard.press("z");
    await expectDue(day("2026-11-24"));
    expect(consoleErrors).toEqual([]);
  });
});
