import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { eventually } from "../src/eventually.js";
import { editTask, expectTitles, goTo, seed, signUp, signUpAt, test, waitForWrite } from "../src/page.js";
import { newAccount } from "../src/visitor.js";

const timezoneId = "UTC";

/** Waits until the row of a task shows this due date. */
async function expectDue(page: Page, title: string, due: string): Promise<void> {
  const meta = page.getByRole("listitem").filter({ hasText: title }).locator(".task-meta");
  // Some browsers put a narrow space before AM and PM.
  await eventually(async () => expect((await meta.textContent())?.replaceAll("\u202f", " ")).toBe(due));
}

/** Signs a new user up at a moment, with one task. */
async function startAt(page: Page, moment: string, title: string): Promise<void> {
  await signUpAt(page, moment);
  await seed(page, [{ title }]);
}

describe.concurrent("a due date", () => {
  test.for([360, 768, 1440])("is typed digit by digit, on a screen %i pixels wide", async (width, { openPage }) => {
    const { page, consoleErrors } = await openPage({ timezoneId, viewport: { width, height: 720 } });
    await signUp(page, newAccount());
    await seed(page, [{ title: "Book the train", dueOn: "2026-11-30" }]);
    await editTask(page, "Book the train");
    await page.getByRole("button", { name: /^Due/ }).click();
    const date = page.getByLabel("Date", { exact: true });
    const time = page.getByLabel("Time", { exact: true });
    await date.click({ position: { x: 12, y: 12 } });
    await page.keyboard.type("05072031");
    expect(await date.inputValue()).toBe("2031-05-07");
    await time.click({ position: { x: 12, y: 12 } });
    await page.keyboard.type("1159P");
    expect(await time.inputValue()).toBe("23:59");
    await page.keyboard.type("09");
    await time.click({ position: { x: 12, y: 12 } });
    await page.keyboard.type("0930A");
    await page.getByRole("button", { name: "Done" }).click();
    await page.getByRole("button", { name: "Due May 7, 2031, 9:30 AM" }).waitFor();
    await waitForWrite(page, () => page.getByRole("button", { name: "Save" }).click());
    await expectDue(page, "Book the train", "May 7, 2031, 9:30 AM");
    expect(consoleErrors).toEqual([]);
  });

  test("can be cleared", async ({ openPage }) => {
    const { page } = await openPage({ timezoneId });
    await signUp(page, newAccount());
    await seed(page, [{ title: "Book the train", dueOn: "2031-05-07" }]);
    await editTask(page, "Book the train");
    await page.getByRole("button", { name: /^Due/ }).click();
    await page.getByLabel("Date", { exact: true }).fill("");
    await page.getByRole("button", { name: "Done" }).click();
    await page.getByRole("button", { name: "Due date" }).waitFor();
  });

  test("with only a time is the next such time", async ({ openPage }) => {
    const { page } = await openPage({ timezoneId });
    await startAt(page, "2026-11-23T15:30:00Z", "Book the train");
    await editTask(page, "Book the train");
    await page.getByRole("button", { name: "Due date" }).click();
    const time = page.getByLabel("Time", { exact: true });
    await time.fill("09:00");
    expect(await page.getByLabel("Date", { exact: true }).inputValue()).toBe("2026-11-24");
    await time.fill("17:00");
    expect(await page.getByLabel("Date", { exact: true }).inputValue()).toBe("2026-11-23");
    await page.getByRole("button", { name: "Done" }).click();
    await page.getByRole("button", { name: "Due Today, 5:00 PM" }).waitFor();
  });

  test.for([
    ["en-US", "Nov 30, 2031, 5:00 PM", "Mon, Nov 23"],
    ["en-GB", "30 Nov 2031, 17:00", "Mon 23 Nov"],
    ["de-DE", "30. Nov. 2031, 17:00", "Mo., 23. Nov."],
  ] as const)("has the format of %s, as all dates do", async ([locale, due, today], { openPage }) => {
    const { page } = await openPage({ timezoneId, locale });
    await signUpAt(page, "2026-11-23T12:00:00Z");
    await seed(page, [{ title: "Far", dueAt: "2031-11-30T17:00:00Z" }, { title: "Soon", dueAt: "2026-11-23T18:30:00Z" }]);
    await expectDue(page, "Far", due);
    await expectDue(page, "Soon", locale === "en-US" ? "Today, 6:30 PM" : "Today, 18:30");
    await goTo(page, "Today");
    await page.getByText(today, { exact: true }).first().waitFor();
  });
});

describe.concurrent("a task that becomes overdue while the page is open", () => {
  test("turns red, is counted, and moves to “Overdue”", async ({ openPage }) => {
    const { page, consoleErrors } = await openPage({ timezoneId });
    await page.clock.install();
    await page.reload();
    await signUp(page, newAccount());
    const now = await page.evaluate(() => Date.now());
    const due = (seconds: number) => new Date(now + seconds * 1_000).toISOString();
    await seed(page, [{ title: "Soon", dueAt: due(600) }, { title: "Later", dueAt: due(1_200) }]);
    const red = page.locator(".is-overdue");
    const overdue = (count: number) => eventually(async () => expect(await red.count()).toBe(count));
    await page.getByText("2 open").waitFor();
    await overdue(0);
    await page.clock.fastForward(605_000);
    await overdue(1);
    await page.getByText("1 overdue").waitFor();
    await goTo(page, "Today");
    await expectTitles(page, "Overdue", ["Soon"]);
    await page.clock.fastForward(600_000);
    await expectTitles(page, "Overdue", ["Soon", "Later"]);
    expect(consoleErrors).toEqual([]);
  });

  test("changes from “Tomorrow” to “Today” at midnight", async ({ openPage }) => {
    const { page } = await openPage({ timezoneId });
    await startAt(page, "2031-05-07T23:00:00Z", "Next");
    await editTask(page, "Next");
    await page.getByRole("button", { name: "Due date" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Tomorrow" }).click();
    await page.getByRole("button", { name: "Save" }).click();
    const due = page.locator(".task-meta");
    await due.getByText("Tomorrow").waitFor();
    await page.clock.fastForward(3_601_000);
    await due.getByText("Today").waitFor();
  });

  test("changes back to “Tomorrow” when the clock is set back", async ({ openPage }) => {
    const { page } = await openPage({ timezoneId });
    await startAt(page, "2031-05-08T00:30:00Z", "Next");
    await editTask(page, "Next");
    await page.getByRole("button", { name: "Due date" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Today" }).click();
    await page.getByRole("button", { name: "Save" }).click();
    const due = page.locator(".task-meta");
    await due.getByText("Today").waitFor();
    await page.clock.setSystemTime("2031-05-07T23:30:00Z");
    await page.clock.fastForward(61_000);
    await due.getByText("Tomorrow").waitFor();
  });
});
