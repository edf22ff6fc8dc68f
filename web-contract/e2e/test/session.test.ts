import { afterAll, beforeAll, describe, expect, inject } from "vitest";
import { expectSuccess, test, type Device } from "../src/device.js";
import { expectExpired } from "../src/expired.js";
import { startSite, type Site } from "../src/site.js";
import { newAccount, newVisitor } from "../src/visitor.js";

const stack = inject("stack");

const dayMs = 24 * 3_600_000;

/** The device's cookies of Better Auth, and whether they end with the browser. */
async function cookies({ context }: Device): Promise<Record<string, "stays" | "ends with the browser">> {
  return Object.fromEntries((await context.cookies()).map(({ name, expires }) => [name, expires < 0 ? "ends with the browser" : "stays"]));
}

const sessionCookie = "better-auth.session_token";

describe.concurrent("with Better Auth's client, the next API response reflects", () => {
  test("a sign-up, a sign-out and a sign-in", async ({ openDevice }) => {
    const device = await openDevice(stack.url);
    const account = newAccount();
    expect(await device.apiOutcome()).toBe("unauthenticated");
    await device.signUp(account);
    expect(await device.apiOutcome()).toBe("ok");
    expect(await cookies(device)).toEqual({ [sessionCookie]: "stays" });

    const stolen = await device.context.cookies();
    expectSuccess(await device.page.evaluate(() => window.clients.auth.signOut()));
    expect(await cookies(device)).toEqual({});
    expect(await device.apiOutcome()).toBe("unauthenticated");
    await device.context.addCookies(stolen);
    await expectExpired(device.apiOutcome);
    // The bff has deleted the cookie of the ended session.
    expect(await device.apiOutcome()).toBe("unauthenticated");

    await device.signIn(account);
    expect(await device.apiOutcome()).toBe("ok");
  });

  test("the revocation of other sessions", async ({ openDevice }) => {
    const [here, there] = await Promise.all([openDevice(stack.url), openDevice(stack.url)]);
    const account = newAccount();
    await here.signUp(account);
    await there.signIn(account);
    expect([await here.apiOutcome(), await there.apiOutcome()]).toEqual(["ok", "ok"]);
    expect(expectSuccess(await here.page.evaluate(() => window.clients.auth.listSessions()))).toHaveLength(2);

    expectSuccess(await here.page.evaluate(() => window.clients.auth.revokeOtherSessions()));
    await expectExpired(there.apiOutcome);
    expect(await here.apiOutcome()).toBe("ok");
    expect(expectSuccess(await here.page.evaluate(() => window.clients.auth.listSessions()))).toHaveLength(1);
  });

  test("a password change, which ends the other sessions", async ({ openDevice }) => {
    const [here, there] = await Promise.all([openDevice(stack.url), openDevice(stack.url)]);
    const account = newAccount();
    await here.signUp(account);
    await there.signIn(account);
    expect([await here.apiOutcome(), await there.apiOutcome()]).toEqual(["ok", "ok"]);

    const change = { currentPassword: account.password, newPassword: "another correct horse", revokeOtherSessions: true };
    expectSuccess(await here.page.evaluate((all) => window.clients.auth.changePassword(all), change));
    await expectExpired(there.apiOutcome);
    expect(await here.apiOutcome()).toBe("ok");
    await expect(there.signIn(account)).rejects.toThrow("INVALID_EMAIL_OR_PASSWORD");
    expect(await there.apiOutcome()).toBe("unauthenticated");
    await there.signIn({ ...account, password: change.newPassword });
    expect(await there.apiOutcome()).toBe("ok");
  });

  test("a session that is not remembered, which ends with the browser", async ({ openDevice }) => {
    const device = await openDevice(stack.url);
    const account = newAccount();
    await newVisitor().auth.signUp.email(account);
    await device.signIn(account, false);
    const notRemembered = { [sessionCookie]: "ends with the browser", "better-auth.dont_remember": "ends with the browser" };
    expect(await cookies(device)).toEqual(notRemembered);

    expect(await device.apiOutcome()).toBe("ok");
    expectSuccess(await device.page.evaluate(() => window.clients.auth.getSession()));
    expect(await device.apiOutcome()).toBe("ok");
    expect(await cookies(device)).toEqual(notRemembered);
    const { session } = expectSuccess(await device.page.evaluate(() => window.clients.auth.getSession()));
    const { expiresAt } = await device.page.evaluate(() => window.clients.api.getSession());
    for (const end of [session.expiresAt, expiresAt]) {
      expect(new Date(end).getTime() - Date.now()).toBeLessThan(2 * dayMs);
    }
  });

  test("the deletion of an account, which ends all its sessions", async ({ openDevice }) => {
    const [here, there] = await Promise.all([openDevice(stack.url), openDevice(stack.url)]);
    const account = newAccount();
    await here.signUp(account);
    await there.signIn(account);
    expect([await here.apiOutcome(), await there.apiOutcome()]).toEqual(["ok", "ok"]);
    expectSuccess(await here.page.evaluate((password) => window.clients.auth.deleteUser({ password }), account.password));
    expect(await here.apiOutcome()).toBe("unauthenticated");
    await expectExpired(there.apiOutcome);
    await expect(here.signIn(account)).rejects.toThrow("INVALID_EMAIL_OR_PASSWORD");
  });
});

describe("a session that ends without the bff's knowledge", () => {
  const ttl = 2_000;
  /** An allowance for a busy machine. */
  const margin = 10_000;
  let site: Site;
  beforeAll(async () => {
    site = await startSite(stack, { bff: { SESSION_CACHE_TTL: `${ttl}ms` } });
  });
  afterAll(() => site.stop());

  test("is accepted for at most SESSION_CACHE_TTL", async ({ openDevice }) => {
    const device = await openDevice(site.url);
    const account = newAccount();
    await device.signUp(account);
    expect(await device.apiOutcome()).toBe("ok");

    // Another Better Auth server with the same users ends the session, so the bff is not told.
    const program = newVisitor(stack.authUrl);
    await program.auth.signIn.email(account);
    expectSuccess(await program.auth.revokeOtherSessions());
    const revoked = performance.now();
    const outcomes = new Set<string>();
    while (!outcomes.has("session_expired") && performance.now() - revoked < ttl + margin) {
      outcomes.add(await device.apiOutcome());
    }
    expect([...outcomes].filter((outcome) => outcome !== "ok")).toEqual(["session_expired"]);
    expect(await device.apiOutcome()).toBe("unauthenticated");
  });
});
