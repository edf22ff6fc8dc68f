import type { Page } from "playwright-core";
import { describe, expect, inject } from "vitest";
import { addAuthenticator } from "../src/authenticator.js";
import { runStatement } from "../src/database.js";
import { mailTo } from "../src/mail.js";
import { expectAccessible, openAccountSection, signOut, signUp, test, type OpenPage } from "../src/page.js";
import { newAccount } from "../src/visitor.js";

const stack = inject("stack");
const widths = [360, 768, 1280];

/** Adds a passkey by keyboard in the account dialog, and closes the dialog. */
async function addPasskey(page: Page, name = "Laptop"): Promise<void> {
  await openAccountSection(page, "Passkeys");
  await page.getByLabel("Name of a new passkey").fill(name);
  await page.keyboard.press("Enter");
  await page.getByText("Your passkey is added.").waitFor();
  await page.getByRole("button", { name: "Done" }).click();
}

/** Opens the page in a browser that suggests no passkeys below the email field, so that tests can use the button. */
async function openWithoutSuggestions(openPage: () => Promise<OpenPage>): Promise<OpenPage> {
  const opened = await openPage();
  await opened.page.addInitScript(() => {
    PublicKeyCredential.isConditionalMediationAvailable = async () => false;
  });
  await opened.page.reload();
  return opened;
}

const signInByButton = (page: Page) => page.getByRole("button", { name: "Sign in with a passkey" }).press("Enter");
const expectSignedIn = (page: Page) => page.getByRole("heading", { name: "All tasks", level: 1 }).waitFor();

/** Events that make a challenge invalid while the user selects a passkey. */
const disturbances = {
  "another tab opens the sign-in page": async (page: Page) => {
    await page.context().request.get(`${stack.url}/api/auth/passkey/generate-authenticate-options`);
  },
  "the challenge expires": (page: Page) => page.context().clearCookies({ name: "better-auth.better-auth-passkey" }),
};

describe.concurrent("a passkey", () => {
  test("signs in by the button, and can be renamed and removed", async ({ openPage }) => {
    const account = newAccount();
    const { page, consoleErrors } = await openWithoutSuggestions(openPage);
    const authenticator = await addAuthenticator(page);
    await signUp(page, account);
    await addPasskey(page);
    await mailTo(account.email, "A passkey was added to your account");
    await signOut(page);
    await signInByButton(page);
    await expectSignedIn(page);

    const rows = page.getByRole("list", { name: "Passkeys" }).getByRole("listitem");
    for (const width of widths) {
      await page.setViewportSize({ width, height: 800 });
      await openAccountSection(page, "Passkeys");
      await rows.getByText("Laptop").waitFor();
      await expectAccessible(page);
      await page.getByRole("button", { name: "Rename Laptop" }).press("Enter");
      await expectAccessible(page);
      await page.getByRole("button", { name: "Done" }).click();
    }
    await openAccountSection(page, "Passkeys");
    await page.getByRole("button", { name: "Rename Laptop" }).press("Enter");
    await page.getByLabel("New name").fill(" ");
    await page.keyboard.press("Enter");
    await page.getByText("Enter a name.").waitFor();
    await page.getByLabel("New name").fill(" Work laptop ");
    await page.keyboard.press("Enter");
    await rows.getByText("Work laptop").waitFor();
    await page.locator(":focus", { hasText: "The passkey is renamed." }).waitFor();
    await authenticator.expectRemoval(() => page.getByRole("button", { name: "Remove Work laptop" }).dblclick());
    await page.getByText("“Work laptop” is removed.").waitFor();
    await rows.waitFor({ state: "detached" });
    expect(await authenticator.passkeys()).toEqual([]);
    expect(consoleErrors).toEqual([]);
  });

  test("signs in by the browser's suggestion", async ({ openPage }) => {
    const { page, consoleErrors } = await openPage();
    await addAuthenticator(page);
    await signUp(page, newAccount());
    await addPasskey(page);
    await page.context().clearCookies();
    // The virtual authenticator accepts the suggestion at once.
    await page.goto("/?changed");
    await expectSignedIn(page);
    // Requests of the page that lost its cookies may fail.
    expect(consoleErrors.filter((text) => !text.includes("401"))).toEqual([]);
  });

  for (const [happening, disturb] of Object.entries(disturbances)) {
    test(`signs in once the user confirms again, if ${happening} meanwhile`, async ({ openPage }) => {
      const { page, consoleErrors } = await openWithoutSuggestions(openPage);
      await addAuthenticator(page);
      await signUp(page, newAccount());
      await addPasskey(page);
      await signOut(page);
      await page.exposeFunction("disturb", () => disturb(page));
      await page.evaluate(() => {
        const { disturb } = window as unknown as { disturb: () => Promise<void> };
        const get = navigator.credentials.get.bind(navigator.credentials);
        const confirmed = new Promise((resolve) => addEventListener("confirm-again", resolve));
        navigator.credentials.get = async (options) => {
          navigator.credentials.get = (next) => confirmed.then(() => get(next));
          await disturb();
          return get(options);
        };
      });
      await signInByButton(page);
      await page.getByText("This page was open for a while. Please confirm once more.").waitFor();
      await expectAccessible(page);
      await page.evaluate(() => dispatchEvent(new Event("confirm-again")));
      await expectSignedIn(page);
      expect(consoleErrors.filter((text) => !text.includes("400"))).toEqual([]);
    });
  }

  test("keeps its name when renaming is canceled", async ({ openPage }) => {
    const { page, consoleErrors } = await openPage();
    await addAuthenticator(page);
    await signUp(page, newAccount());
    await addPasskey(page);
    await openAccountSection(page, "Passkeys");
    const rename = page.getByRole("button", { name: "Rename Laptop" });
    for (const leave of [() => page.keyboard.press("Escape"), () => page.getByRole("button", { name: "Cancel" }).press("Enter")]) {
      await rename.press("Enter");
      await page.getByLabel("New name").fill("Another laptop");
      await leave();
      await rename.and(page.locator(":focus")).waitFor();
    }
    expect(consoleErrors).toEqual([]);
  });

  test("of a deleted account is rejected, and the browser removes it", async ({ openPage }) => {
    const account = newAccount();
    const { page } = await openWithoutSuggestions(openPage);
    const authenticator = await addAuthenticator(page);
    await signUp(page, account);
    await addPasskey(page);
    await openAccountSection(page, "Delete your account");
    await page.getByLabel("Your password").fill(account.password);
    await page.getByRole("button", { name: "Delete my account permanently" }).click();
    await page.getByText("Your account is deleted").waitFor();
    await authenticator.expectRemoval(() => signInByButton(page));
    await page.getByText("No account here has this passkey.").waitFor();
    await page.getByRole("heading", { name: "Sign in", exact: true }).waitFor();
  });

  test("is added only when the user confirms, and once per device", async ({ openPage }) => {
    const { page, consoleErrors } = await openPage();
    const authenticator = await addAuthenticator(page);
    await authenticator.setUserVerified(false);
    await signUp(page, newAccount());
    await openAccountSection(page, "Passkeys");
    await page.getByRole("button", { name: "Add a passkey" }).click();
    await page.getByText("No passkey was added.").waitFor();
    await authenticator.setUserVerified(true);
    await page.getByRole("button", { name: "Add a passkey" }).click();
    await page.getByText("Your passkey is added.").waitFor();
    await page.getByRole("button", { name: "Add a passkey" }).click();
    await page.getByText("This device already has a passkey for your account.").waitFor();
    expect(await authenticator.passkeys()).toHaveLength(1);
    expect(consoleErrors).toEqual([]);
  });

  for (const path of ["generate-register-options", "generate-authenticate-options"]) {
    test(`is added once the user confirms again, if another tab requests ${path} meanwhile`, async ({ openPage }) => {
      const { page, consoleErrors } = await openPage();
      const authenticator = await addAuthenticator(page);
      await signUp(page, newAccount());
      await page.exposeFunction("disturb", async () => {
        await page.context().request.get(`${stack.url}/api/auth/passkey/${path}`);
      });
      await page.evaluate(() => {
        const { disturb } = window as unknown as { disturb: () => Promise<void> };
        const create = navigator.credentials.create.bind(navigator.credentials);
        const confirmed = new Promise((resolve) => addEventListener("confirm-again", resolve));
        navigator.credentials.create = async (options) => {
          navigator.credentials.create = (next) => confirmed.then(() => create(next));
          await disturb();
          return create(options);
        };
      });
      await openAccountSection(page, "Passkeys");
      await authenticator.expectRemoval(() => page.getByRole("button", { name: "Add a passkey" }).click());
      await page.locator("[role=status]", { hasText: "Please confirm once more." }).waitFor();
      await expectAccessible(page);
      await page.evaluate(() => dispatchEvent(new Event("confirm-again")));
      await page.getByText("Your passkey is added.").waitFor();
      expect(await authenticator.passkeys()).toHaveLength(1);
      expect(consoleErrors.filter((text) => !text.includes("400"))).toEqual([]);
    });
  }

  test("is not added if the account has 20, and the user is told so before the device is used", async ({ openPage }) => {
    const account = newAccount();
    const { page } = await openPage();
    const authenticator = await addAuthenticator(page);
    await signUp(page, account);
    await runStatement(
      stack.authDatabase,
      `INSERT INTO passkey (id, "credentialID", "publicKey", "userId", counter, "deviceType", "backedUp", "createdAt")
       SELECT "user".id || n, "user".id || n, '', "user".id, 0, '', false, now() FROM "user", generate_series(1, 20) n WHERE email = $1`,
      account.email,
    );
    await openAccountSection(page, "Passkeys");
    await page.getByRole("button", { name: "Add a passkey" }).click();
    await page.getByText("You have 20 passkeys, which is the maximum. Remove one first.").waitFor();
    expect(await authenticator.passkeys()).toEqual([]);
  });

  test("does not sign in if the device is locked or has no passkey", async ({ openPage }) => {
    const { page } = await openWithoutSuggestions(openPage);
    const authenticator = await addAuthenticator(page);
    await signInByButton(page);
    const message = page.getByText("You were not signed in. Try again, or use your password.");
    await message.waitFor();
    for (const width of widths) {
      await page.setViewportSize({ width, height: 800 });
      await expectAccessible(page);
    }
    await signUp(page, newAccount());
    await addPasskey(page);
    await signOut(page);
    await authenticator.setUserVerified(false);
    await signInByButton(page);
    await message.waitFor();
    await authenticator.setUserVerified(true);
    await signInByButton(page);
    await expectSignedIn(page);
  });

  test("can be added, and sessions listed, only within a day of signing in", async ({ openPage }) => {
    const account = newAccount();
    const { page } = await openPage();
    await addAuthenticator(page);
    await signUp(page, account);
    await runStatement(
      stack.authDatabase,
      `UPDATE session SET "createdAt" = now() - interval '2 days' WHERE "userId" = (SELECT id FROM "user" WHERE email = $1)`,
      account.email,
    );
    await openAccountSection(page, "Passkeys");
    await page.getByRole("button", { name: "Add a passkey" }).click();
    const message = page.getByText("sign out and in again first");
    await message.waitFor();
    await page.getByText("Where you are signed in", { exact: true }).click();
    await message.nth(1).waitFor();
  });

  test("is not offered in a browser without passkeys", async ({ openPage }) => {
    const { page } = await openPage();
    await page.addInitScript(() => Reflect.deleteProperty(window, "PublicKeyCredential"));
    const code = page.waitForResponse(/PasskeySignIn/);
    await page.reload();
    await page.getByRole("button", { name: "Forgot your password?" }).waitFor(); // the page knows what the server offers
    await (await code).finished();
    await page.evaluate(() => new Promise((idle) => requestIdleCallback(idle))); // and its code has run
    expect(await page.getByText("passkey").count()).toBe(0);
    await signUp(page, newAccount());
    await openAccountSection(page, "API keys");
    expect(await page.getByText("Passkeys").count()).toBe(0);
  });
});
