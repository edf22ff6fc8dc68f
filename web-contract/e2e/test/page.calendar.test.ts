import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { eventually } from "../src/eventually.js";
import { editTask, expectAccessible, expectFits, goTo, seed, signUp, signUpAt, test } from "../src/page.js";
import { screens } from "../src/press.js";
import { newAccount } from "../src/visitor.js";

const timezoneId = "Europe/Berlin";
const monday = "2026-11-23T12:00:00+01:00";
const weekdays = (page: Page) => page.getByRole("grid").getByRole("columnheader").allTextContents();

/** Opens the dialog for the time zone and the week. */
async function openSettings(page: Page): Promise<void> {
  await page.getByRole("button", { name: /^Account of/ }).click();
  await page.getByRole("button", { name: "Date and time" }).click();
  await page.getByLabel("Time zone").waitFor();
}

async function openPicker(page: Page, title: string): Promise<void> {
  await editTask(page, title);
  await page.getByRole("button", { name: /^Due/ }).click();
  await page.getByRole("grid").waitFor();
}

describe.concurrent.for(screens)("the calendar, by %s, %d pixels wide", ([pointer, width, height]) => {
  const options = { timezoneId, viewport: { width, height }, hasTouch: pointer === "touch" };

  test("starts weeks on the day of the settings", async ({ openPage }) => {
    const { page, consoleErrors } = await openPage(options);
    await signUpAt(page, monday);
    await seed(page, [{ title: "Water", dueOn: "2026-11-24" }]);
    await openPicker(page, "Water");
    expect((await weekdays(page))[0]).toBe("Sun");
    await expectAccessible(page);
    await expectFits(page);
    await page.getByRole("button", { name: "Next week" }).click();
    await page.getByRole("button", { name: "Due Sunday" }).waitFor();
    await page.getByRole("button", { name: "Save" }).click();

    await openSettings(page);
    await page.getByText("It is 12:00 PM there.").waitFor();
    await expectAccessible(page);
    await page.getByLabel("Weeks begin on").selectOption("Monday");
    await page.getByLabel("Time zone").selectOption("Asia/Tokyo");
    await page.getByText("It is 8:00 PM there.").waitFor();
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Your settings are saved.").waitFor();
    await page.getByRole("region", { name: "Time zone" }).getByRole("button", { name: "Keep" }).click();

    await openPicker(page, "Water");
    await eventually(async () => expect((await weekdays(page))[0]).toBe("Mon"));
    await page.getByRole("button", { name: "Next week" }).click();
    await page.getByRole("button", { name: "Due Nov 30" }).waitFor();
    await page.getByRole("button", { name: "Cancel" }).click();
    await goTo(page, "Upcoming");
    await page.getByText("Next week Nov 30 – Dec 6").waitFor();
    await page.getByText("Mon, Nov 23 – Dec 6").or(page.getByText("Nov 23 – Dec 6", { exact: true })).waitFor();
    await expectAccessible(page);
    await expectFits(page);
    expect(consoleErrors).toEqual([]);
  });
});

test.concurrent("the arrow keys choose a day", async ({ openPage }) => {
  const { page, consoleErrors } = await openPage({ timezoneId });
  await signUpAt(page, monday);
  await seed(page, [{ title: "Water", dueAt: "2026-11-30T09:00:00+01:00" }]);
  await openPicker(page, "Water");
  const isFocused = (name: string) => page.getByRole("button", { name }).and(page.locator(":focus")).waitFor();
  await page.getByRole("button", { name: "Monday, November 30, 2026" }).focus();
  for (const [key, name] of [
    ["ArrowRight", "Tuesday, December 1, 2026"],
    ["ArrowDown", "Tuesday, December 8, 2026"],
    ["Home", "Sunday, December 6, 2026"],
    ["PageUp", "Friday, November 6, 2026"],
    ["End", "Saturday, November 7, 2026"],
    ["ArrowUp", "Saturday, October 31, 2026"],
    ["PageDown", "Monday, November 30, 2026"],
    ["ArrowLeft", "Sunday, November 29, 2026"],
  ] as const) {
    await page.keyboard.press(key);
    await isFocused(name);
  }
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Due Sunday, 9:00 AM" }).waitFor();
  expect(consoleErrors).toEqual([]);
});

test.concurrent("the dialog says that the settings could not be loaded, and loads them again", async ({ openPage }) => {
  const { page } = await openPage({ timezoneId });
  await signUp(page, newAccount());
  await page.route("**/api/bootstrap", (route) => route.abort());
  await page.route("**/api/settings", (route) => route.fulfill({ status: 403 }));
  await page.reload();
  await page.getByRole("button", { name: /^Account of/ }).click();
  await page.getByRole("button", { name: "Date and time" }).click();
  await page.getByText("Your settings could not be loaded.").waitFor();
  await page.unroute("**/api/settings");
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByLabel("Time zone").waitFor();
});
