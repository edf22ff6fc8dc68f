import { describe, expect, inject } from "vitest";
import { runStatement } from "../src/database.js";
import { expectExpired } from "../src/expired.js";
import { linkInMail } from "../src/mail.js";
import { addTask, expectAccessible, openAccountSection, openTask, signIn, signOut, signUp, test } from "../src/page.js";
import { newAccount, newUser, newVisitor } from "../src/visitor.js";

const stack = inject("stack");

describe.concurrent("a user", () => {
  test("who forgot the password sets a new one by email", async ({ openPage }) => {
    const { account } = await newUser();
    const { page, consoleErrors } = await openPage();
    await page.getByRole("button", { name: "Forgot your password?" }).click();
    await page.getByLabel("Email").fill(account.email);
    await page.getByRole("button", { name: "Send me a link" }).click();
    await page.getByText(`If there is an account for ${account.email}`).waitFor();
    await page.goto(await linkInMail(account.email, "Choose a new password"));
    await page.getByRole("heading", { name: "Choose a new password" }).waitFor();
    expect(page.url()).not.toContain("token");
    await expectAccessible(page);

    const password = "another correct horse";
    await page.getByLabel("New password").fill(password);
    await page.getByRole("button", { name: "Show" }).click();
    expect(await page.getByLabel("New password").getAttribute("type")).toBe("text");
    await page.keyboard.press("Tab");
    await page.getByRole("button", { name: "Save the password" }).click();
    await page.getByText("Your password is changed.").waitFor();
    await signIn(page, { ...account, password });
    await page.getByText("Nothing here yet.").waitFor();
    expect(consoleErrors).toEqual([]);
  });

  test("who opens an expired link is told what to do", async ({ openPage }) => {
    const { page } = await openPage();
    await page.goto("/api/auth/reset-password/used?callbackURL=%2F%3Freset");
    await page.getByText("This link no longer works").waitFor();
    await page.getByRole("link", { name: "Go to the sign-in page" }).click();
    await page.getByRole("heading", { name: "Sign in", exact: true }).waitFor();
  });

  test("can change the password, and see and end other sessions", async ({ openPage }) => {
    const account = newAccount();
    const { page, consoleErrors } = await openPage();
    await signUp(page, account);
    const elsewhere = newVisitor();
    await elsewhere.auth.signIn.email(account);
    await openAccountSection(page, "Where you are signed in");
    const sessions = page.getByRole("list", { name: "Sessions" }).getByRole("listitem");
    await sessions.nth(1).waitFor();
    await page.getByText("This device").waitFor();
    await expectAccessible(page);
    await page.route("**/revoke-session", (route) => route.abort());
    await page.getByRole("button", { name: "Sign out A program" }).click();
    await page.locator(":focus", { hasText: "We cannot reach Tasklane just now." }).waitFor();
    await page.unroute("**/revoke-session");
    await page.getByRole("button", { name: "Sign out A program" }).click();
    await page.locator(":focus", { hasText: "A program is signed out." }).waitFor();
    await sessions.nth(1).waitFor({ state: "detached" });
    await expectExpired(() => elsewhere.api.listTasks().then(() => "ok", (error) => error.code));

    await page.getByText("Change your password", { exact: true }).click();
    await page.getByLabel("Current password").fill("not the password");
    await page.getByLabel("New password").fill("another correct horse");
    await page.getByRole("button", { name: "Change the password" }).click();
    await page.getByText("That is not your password.").waitFor();
    await page.getByLabel("Current password").fill(account.password);
    await page.keyboard.press("Enter");
    await page.getByText("Your password is changed.").waitFor();
    await page.getByRole("button", { name: "Done" }).click();
    await signOut(page);
    await signIn(page, { ...account, password: "another correct horse" });
    await page.getByText("Nothing here yet.").waitFor();
    expect(consoleErrors.filter((text) => !/400|ERR_FAILED/.test(text))).toEqual([]);
  });

  test("who changes the password still sees changes from other devices", async ({ openPage }) => {
    const account = newAccount();
    const { page } = await openPage();
    await signUp(page, account);
    await openAccountSection(page, "Change your password");
    await page.getByLabel("Current password").fill(account.password);
    await page.getByLabel("New password").fill("another correct horse");
    await page.keyboard.press("Enter");
    await page.getByText("Your password is changed.").waitFor();
    await page.getByRole("button", { name: "Done" }).click();
    const { auth, api } = newVisitor();
    await auth.signIn.email({ ...account, password: "another correct horse" });
    await api.createTask({ title: "From the phone" });
    await openTask(page, "From the phone").waitFor();
  });

  test("keeps the account dialog, and the text in it, when the window becomes narrow or wide", async ({ openPage }) => {
    const { page, consoleErrors } = await openPage();
    await signUp(page, newAccount());
    await openAccountSection(page, "API keys");
    const name = page.getByLabel("Name of a new key");
    await name.fill("Report");
    const sidebar = page.locator(".sidebar");
    for (const [width, state] of [[768, "detached"], [1280, "attached"], [360, "detached"]] as const) {
      await page.setViewportSize({ width, height: 800 });
      await sidebar.waitFor({ state });
      expect(await name.inputValue()).toBe("Report");
    }
    await page.getByRole("button", { name: "Done" }).click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    expect(consoleErrors).toEqual([]);
  });

  test("can change the email address, which is confirmed by email", async ({ openPage }) => {
    const { page } = await openPage();
    await signUp(page, newAccount());
    const { email } = newAccount();
    await openAccountSection(page, "Change your email address");
    await page.getByLabel("New email address").fill(email);
    await page.getByRole("button", { name: "Change the address" }).click();
    await page.getByText("We have sent you an email.").waitFor();
    await page.goto(await linkInMail(email, "Confirm your email address"));
    await page.getByRole("button", { name: /^Account of/ }).click();
    await page.getByText(email).waitFor();
  });

  test("can create, copy and revoke an API key", async ({ openPage }) => {
    const { page, consoleErrors } = await openPage({ permissions: ["clipboard-read", "clipboard-write"] });
    await signUp(page, newAccount());
    await openAccountSection(page, "API keys");
    await page.getByLabel("Name of a new key").fill("Report");
    await page.keyboard.press("Enter");
    const key = await page.locator(".account-key code").innerText();
    const exchange = () => fetch(`${stack.authUrl}/api/auth/token`, { headers: { "x-api-key": key } });
    expect((await exchange()).status).toBe(200);
    await expectAccessible(page);
    await page.getByRole("button", { name: "Copy" }).click();
    await page.getByText("Your key is copied.").waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(key);
    await page.context().clearPermissions();
    await page.evaluate(() => Object.defineProperty(navigator.clipboard, "writeText", { value: () => Promise.reject(new Error()) }));
    await page.getByRole("button", { name: "Copy" }).click();
    await page.getByText("Your browser has not copied the key.").waitFor();
    await page.getByRole("button", { name: "Revoke Report" }).click();
    await page.locator(":focus", { hasText: "“Report” is revoked." }).waitFor();
    await page.getByRole("list", { name: "API keys" }).waitFor({ state: "detached" });
    expect(await page.getByText(key).count()).toBe(0);
    expect((await exchange()).status).toBe(401);
    expect(consoleErrors).toEqual([]);
  });

  test("sees all sections of the account once its features are loaded", async ({ openPage }) => {
    const { page } = await openPage();
    await page.route("**/api/auth/features", (route) => route.abort());
    await page.reload();
    await signUp(page, newAccount());
    const open = async () => {
      await page.getByRole("button", { name: /^Account of/ }).click();
      await page.getByRole("button", { name: "Account settings" }).click();
      await page.getByText("Where you are signed in").waitFor();
    };
    await open();
    expect(await page.getByText("API keys", { exact: true }).count()).toBe(0);
    await page.getByRole("button", { name: "Done" }).click();
    await page.unroute("**/api/auth/features");
    await open();
    await page.getByText("API keys", { exact: true }).waitFor();
  });

  test("who is signed out can use all ways to sign in once they are loaded", async ({ openPage }) => {
    const { page } = await openPage();
    await page.route("**/api/auth/features", (route) => route.fulfill({ status: 503 }));
    await page.reload();
    await page.getByRole("button", { name: "Create an account" }).click();
    await page.unroute("**/api/auth/features");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("button", { name: "Forgot your password?" }).waitFor();
  });

  test("who opens the account without a connection sees it once there is one", async ({ openPage }) => {
    const { page } = await openPage();
    await signUp(page, newAccount());
    // The menu's code is loaded soon after the page, that of the account when it is opened.
    await page.getByRole("button", { name: /^Account of/ }).click();
    const settings = page.getByRole("button", { name: "Account settings" });
    await settings.waitFor();
    await page.context().setOffline(true);
    await settings.click();
    await page.getByText("You are offline.").waitFor();
    await page.context().setOffline(false);
    await page.getByRole("dialog", { name: "Account" }).waitFor();
    await page.getByText("Where you are signed in").waitFor();
  });

  test("can sign in a program by its code", async ({ openPage }) => {
    const account = newAccount();
    const { page, consoleErrors } = await openPage();
    const post = async (path: string, body: object) => {
      const response = await fetch(`${stack.url}/api/auth${path}`, {
        method: "POST",
        headers: { "content-type": "application/json", "sec-fetch-mode": "cors" },
        body: JSON.stringify(body),
      });
      return (await response.json()) as Record<string, string>;
    };
    const code = await post("/device/code", { client_id: "a program" });
    await page.goto(code["verification_uri_complete"]!);
    await page.getByText("Sign in to connect your device.").waitFor();
    await page.getByRole("button", { name: "Create an account" }).click();
    await page.getByLabel("Name").fill(account.name);
    await page.getByLabel("Email").fill(account.email);
    await page.getByLabel("Password").fill(account.password);
    await page.getByRole("button", { name: "Create account" }).click();
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByText(`will be signed in as ${account.email}`).waitFor();
    await expectAccessible(page);
    await page.getByRole("button", { name: "Allow" }).click();
    await page.getByText("it is signed in").waitFor();
    const grant = { grant_type: "urn:ietf:params:oauth:grant-type:device_code", device_code: code["device_code"], client_id: "a program" };
    const { access_token: token } = await post("/device/token", grant);
    const response = await fetch(`${stack.url}/api/session`, { headers: { authorization: `Bearer ${token}` } });
    expect(await response.json()).toMatchObject({ data: { user: { email: account.email } } });
    expect(consoleErrors).toEqual([]);
  });

  test("can delete the account and everything in it", async ({ openPage }) => {
    const account = newAccount();
    const { page, consoleErrors } = await openPage();
    await signUp(page, account);
    await addTask(page, "Water the plants");
    await openTask(page, "Water the plants").waitFor();
    const visitor = newVisitor(stack.authUrl);
    await visitor.auth.signIn.email(account);
    const session = await visitor.fetch(`${stack.authUrl}/api/auth/get-session`);
    const jwt = session.headers.get("set-auth-jwt")!;

    await openAccountSection(page, "Delete your account");
    await expectAccessible(page);
    await page.getByLabel("Your password").fill(account.password);
    await page.getByRole("button", { name: "Delete my account permanently" }).click();
    await page.getByText("Your account is deleted, and your tasks with it.").waitFor();
    const write = await fetch(`${stack.tasksUrl}/api/tasks`, {
      method: "POST",
      headers: { authorization: `Bearer ${jwt}`, "content-type": "application/json" },
      body: JSON.stringify({ title: "Ghost" }),
    });
    expect(await write.json()).toMatchObject({ code: "account_deleted" });
    // Requests of the page may still fail because everything is gone.
    expect(consoleErrors.filter((text) => !/401|410/.test(text))).toEqual([]);
    await signIn(page, account);
    await page.getByText("That email and password don't match.").waitFor();
  });

  test("who has no password can delete the account after signing in again", async ({ openPage }) => {
    const account = newAccount();
    const { page } = await openPage();
    await signUp(page, account);
    // Makes the account one that signed in with GitHub, two days ago.
    const user = `(SELECT id FROM "user" WHERE email = $1)`;
    await runStatement(stack.authDatabase, `UPDATE account SET "providerId" = 'github', password = NULL WHERE "userId" = ${user}`, account.email);
    const signedIn = (when: string) => runStatement(stack.authDatabase, `UPDATE session SET "createdAt" = ${when} WHERE "userId" = ${user}`, account.email);
    await signedIn("now() - interval '2 days'");

    await openAccountSection(page, "Delete your account");
    const dialog = page.getByRole("dialog", { name: "Account" });
    expect(await dialog.getByText("Change your password").count()).toBe(0);
    await dialog.getByRole("button", { name: "Delete my account permanently" }).click();
    await dialog.getByText("Sign out and in again").waitFor();
    await signedIn("now()");
    await dialog.getByRole("button", { name: "Delete my account permanently" }).click();
    await page.getByText("Your account is deleted, and your tasks with it.").waitFor();
  });
});
