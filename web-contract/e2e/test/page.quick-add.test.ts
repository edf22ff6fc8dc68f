import type { Page } from "playwright-core";
import { expect } from "vitest";
import { expectAccessible, goTo, openTask, signUp, test, type OpenPage } from "../src/page.js";
import { newAccount } from "../src/visitor.js";

/** Opens the page for a new user, and waits until quick add has loaded. */
async function start(openPage: (options?: object) => Promise<OpenPage>, options = {}): Promise<OpenPage> {
  const opened = await openPage(options);
  await signUp(opened.page, newAccount());
  const field = opened.page.getByLabel("New task");
  await field.fill("tomorrow");
  await opened.page.getByRole("list", { name: "Understood" }).waitFor();
  await field.fill("");
  return opened;
}

test.concurrent("typed text is understood, shown and announced", async ({ openPage }) => {
  const { page, consoleErrors } = await start(openPage);
  const field = page.getByLabel("New task");
  await field.pressSequentially("Call Anna tomorrow 9am #home p2");
  const understood = page.getByRole("list", { name: "Understood" });
  await understood.getByRole("button", { name: "Keep “p2” in the title" }).waitFor();
  expect(await understood.getByRole("listitem").allInnerTexts()).toEqual(["tomorrow 9am", "#home", "p2"]);
  await page.getByText("Understood: due Tomorrow, 9:00 AM, tag home, priority High").waitFor({ state: "attached" });
  await page.getByRole("button", { name: "Due Tomorrow, 9:00 AM" }).waitFor();
  await expectAccessible(page);
  await page.keyboard.press("Enter");
  await openTask(page, "Call Anna").waitFor();
  await page.getByText("Tomorrow, 9:00 AM").waitFor();
  await page.getByText("#home").first().waitFor();
  expect(await field.inputValue()).toBe("");
  expect(consoleErrors).toEqual([]);
});

test.concurrent("Backspace, a click or another choice keeps words in the title", async ({ openPage }) => {
  const { page, consoleErrors } = await start(openPage);
  const field = page.getByLabel("New task");
  await field.pressSequentially("Watch Sunday");
  await page.getByRole("button", { name: "Keep “Sunday” in the title" }).waitFor();
  await page.keyboard.press("Backspace");
  expect(await field.inputValue()).toBe("Watch Sunday");
  await page.getByRole("list", { name: "Understood" }).waitFor({ state: "detached" });
  await page.keyboard.press("Backspace");
  expect(await field.inputValue()).toBe("Watch Sunda");
  await field.pressSequentially("y #film p1");
  await page.getByRole("button", { name: "Keep “#film” in the title" }).click();
  await page.getByRole("button", { name: "Priority: Urgent" }).click();
  await page.getByRole("radio", { name: "Low" }).click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.keyboard.press("Enter");
  await openTask(page, "Watch Sunday #film p1").waitFor();
  await page.getByText("Low", { exact: true }).waitFor();
  expect(consoleErrors).toEqual([]);
});

/** Pastes a text into the field for new tasks. */
const paste = (page: Page, text: string) =>
  page.getByLabel("New task").evaluate((element, text) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text", text);
    element.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
  }, text);

test.concurrent("pasted lines become several tasks, or one", async ({ openPage }) => {
  const { page, consoleErrors } = await start(openPage);
  const field = page.getByLabel("New task");
  await paste(page, "- Buy milk tomorrow\n- [ ] Call mum\n\n3. Mai Wandern\n");
  await page.getByRole("button", { name: "Add 3 tasks" }).and(page.locator(":focus")).waitFor();
  await expectAccessible(page);
  await page.keyboard.press("Enter");
  await page.getByText("3 tasks were added.").waitFor();
  for (const title of ["Buy milk", "Call mum", "Wandern"]) await openTask(page, title).waitFor();

  await paste(page, "one\ntwo");
  await page.getByRole("button", { name: "Keep as one" }).click();
  expect(await field.inputValue()).toBe("one two");
  expect(consoleErrors).toEqual([]);
});

test.concurrent("pasted lines are one task for a user who goes on in the field", async ({ openPage }) => {
  const { page, consoleErrors } = await start(openPage);
  const field = page.getByLabel("New task");
  const offer = page.getByRole("group", { name: "You pasted 2 lines" });
  await field.fill("Shop: ");
  await paste(page, "milk\nbread");
  await offer.waitFor();
  await field.press("Enter");
  await openTask(page, "Shop: milk bread").waitFor();
  await offer.waitFor({ state: "detached" });
  expect(await field.inputValue()).toBe("");

  await paste(page, "nuts\ntea");
  await offer.waitFor();
  await field.press("End");
  await field.pressSequentially(" soon");
  await offer.waitFor({ state: "detached" });
  expect(await field.inputValue()).toBe("nuts tea soon");

  await field.fill("");
  await paste(page, "salt\nrice");
  await offer.waitFor();
  await goTo(page, "Today");
  expect(await field.inputValue()).toBe("salt rice");
  expect(consoleErrors).toEqual([]);
});

test.concurrent("a German browser reads German first", async ({ openPage }) => {
  const { page, consoleErrors } = await start(openPage, { locale: "de-DE" });
  const field = page.getByLabel("New task");
  await field.fill("Mama anrufen Sa");
  await page.getByRole("button", { name: "Keep “Sa” in the title" }).waitFor();
  await field.fill("Steuer bis 31.7. abgeben");
  await page.getByRole("button", { name: "Keep “bis 31.7.” in the title" }).waitFor();
  await page.keyboard.press("Enter");
  await openTask(page, "Steuer abgeben").waitFor();
  await field.fill("call Bob tomorrow");
  await page.getByRole("button", { name: "Keep “tomorrow” in the title" }).waitFor();
  expect(consoleErrors).toEqual([]);
});
