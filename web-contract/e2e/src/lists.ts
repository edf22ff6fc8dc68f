import type { Page } from "playwright-core";

/** Makes the user's lists visible: opens the menu if there is no sidebar. */
export async function showLists(page: Page): Promise<void> {
  const add = page.getByRole("button", { name: "Add list" });
  const menu = page.getByRole("button", { name: "Menu" });
  await add.or(menu).first().waitFor();
  if (!(await add.isVisible())) await menu.click();
  await add.waitFor();
}

/** Adds a list and waits until the page shows it. */
export async function addList(page: Page, name: string, color = "None"): Promise<void> {
  await showLists(page);
  await page.getByRole("button", { name: "Add list" }).click();
  const dialog = page.getByRole("dialog", { name: "New list" });
  await dialog.getByLabel("Name").fill(name);
  await dialog.getByRole("radio", { name: color }).check();
  await dialog.getByRole("button", { name: "Add list" }).click();
  await page.getByRole("heading", { name, level: 1, exact: true }).waitFor();
}

/** Chooses an option of a list in the navigation. */
export async function chooseForList(page: Page, name: string, option: string): Promise<void> {
  await showLists(page);
  await listLink(page, name).hover();
  await page.getByRole("navigation").getByRole("button", { name: `Options for the list “${name}”` }).click();
  await page.getByRole("dialog", { name: "List" }).getByRole("button", { name: option, exact: true }).click();
}

/** The link to a list in the navigation. */
export const listLink = (page: Page, name: string) =>
  page.getByRole("navigation").getByRole("link", { name: new RegExp(`^${name}( \\d+ open)?$`) });
