import { afterAll, beforeAll, describe, expect, inject } from "vitest";
import { succeed, test, type Device } from "../src/device.js";
import { expectExpired } from "../src/expired.js";
import { startSite, type Site } from "../src/site.js";
import { newAccount, newVisitor } from "../src/visitor.js";

const stack = inject("stack");

const dayMs = 24 * 3_600_000;

/**
 * The cookies of Better Auth that a device holds, and whether they end with the browser;
 * without the challenge for a passkey, which the page of the sign-in asks for.
 */
async function cookies({ context }: Device): Promise<Record<string, "stays" | "ends with the browser">> {
  const all = (await context.cookies()).filter(({ name }) => name !== "better-auth.better-auth-passkey");
  return Object.fromEntries(all.map(({ name, expires }) => [name, expires < 0 ? "ends with the browser" : "stays"]));
}

const sessionCookie = "better-auth.session_token";

describe.concurrent("with Better Auth's own client, the next answer of the API knows", () => {
  test("a sign-up, a sign-out and a sign-in", async ({ openDevice }) => {
    const device = await openDevice(stack.url);
    const account = newAccount();
    expect(await device.answer()).toBe("unauthenticated");
    await device.signUp(account);
    expect(await device.answer()).toBe("ok");
    expect(await cookies(device)).toEqual({ [sessionCookie]: "stays" });

    const stolen = await device.context.cookies();
    succeed(await device.page.evaluate(() => window.clients.auth.signOut()));
    expect(await cookies(device)).toEqual({});
    expect(await device.answer()).toBe("unauthenticated");
    await device.context.addCookies(stolen);
    await expectExpired(device.answer);
    // The cookie of a session that has ended is cleared away.
    expect(await device.answer()).toBe("unauthenticated");

    await device.signIn(account);
    expect(await device.answer()).toBe("ok");
  });

  test("other sessions that were revoked", async ({ openDevice }) => {
    const [here, there] = await Promise.all([openDevice(stack.url), openDevice(stack.url)]);
    const account = newAccount();
    await here.signUp(account);
    await there.signIn(account);
    expect([await here.answer(), await there.answer()]).toEqual(["ok", "ok"]);
    expect(succeed(await here.page.evaluate(() => window.clients.auth.listSessions()))).toHaveLength(2);

    succeed(await here.page.evaluate(() => window.clients.auth.revokeOtherSessions()));
    await expectExpired(there.answer);
    expect(await here.answer()).toBe("ok");
    expect(succeed(await here.page.evaluate(() => window.clients.auth.listSessions()))).toHaveLength(1);
  });

  test("a changed password, which ends the other sessions", async ({ openDevice }) => {
    const [here, there] = await Promise.all([openDevice(stack.url), openDevice(stack.url)]);
    const account = newAccount();
    await here.signUp(account);
    await there.signIn(account);
    expect([await here.answer(), await there.answer()]).toEqual(["ok", "ok"]);

    const change = { currentPassword: account.password, newPassword: "another correct horse", revokeOtherSessions: true };
    succeed(await here.page.evaluate((all) => window.clients.auth.changePassword(all), change));
    await expectExpired(there.answer);
    expect(await here.answer()).toBe("ok");
    await expect(there.signIn(account)).rejects.toThrow("INVALID_EMAIL_OR_PASSWORD");
    expect(await there.answer()).toBe("unauthenticated");
    await there.signIn({ ...account, password: change.newPassword });
    expect(await there.answer()).toBe("ok");
  });

  test("who did not want to be remembered, and keeps it so", async ({ openDevice }) => {
    const device = await openDevice(stack.url);
    const account = newAccount();
    await newVisitor().auth.signUp.email(account);
    await device.signIn(account, false);
    const forgotten = { [sessionCookie]: "ends with the browser", "better-auth.dont_remember": "ends with the browser" };
    expect(await cookies(device)).toEqual(forgotten);

    expect(await device.answer()).toBe("ok");
    succeed(await device.page.evaluate(() => window.clients.auth.getSession()));
    expect(await device.answer()).toBe("ok");
    expect(await cookies(device)).toEqual(forgotten);
    const { session } = succeed(await device.page.evaluate(() => window.clients.auth.getSession()));
    const { expiresAt } = await device.page.evaluate(() => window.clients.api.getSession());
    for (const end of [session.expiresAt, expiresAt]) {
      expect(new Date(end).getTime() - Date.now()).toBeLessThan(2 * dayMs);
    }
  });

  test("a deleted account, whose sessions all end", async ({ openDevice }) => {
    const [here, there] = await Promise.all([openDevice(stack.url), openDevice(stack.url)]);
    const account = newAccount();
    await here.signUp(account);
    await there.signIn(account);
    expect([await here.answer(), await there.answer()]).toEqual(["ok", "ok"]);
    succeed(await here.page.evaluate((password) => window.clients.auth.deleteUser({ password }), account.password));
    expect(await here.answer()).toBe("unauthenticated");
    await expectExpired(there.answer);
    await expect(here.signIn(account)).rejects.toThrow("INVALID_EMAIL_OR_PASSWORD");
  });
});

describe("a session that ends behind the bff's back", () => {
  const ttl = 2_000;
  /** How much later than promised a busy machine may find out. */
  const margin = 10_000;
  let site: Site;
  beforeAll(async () => {
    site = await startSite(stack, { bff: { SESSION_CACHE_TTL: `${ttl}ms` } });
  });
  afterAll(() => site.stop());

  test("counts for SESSION_CACHE_TTL at most", async ({ openDevice }) => {
    const device = await openDevice(site.url);
    const account = newAccount();
    await device.signUp(account);
    expect(await device.answer()).toBe("ok");

    // At another Better Auth on the same users, of which the bff hears nothing.
    const program = newVisitor(stack.authUrl);
    await program.auth.signIn.email(account);
    succeed(await program.auth.revokeOtherSessions());
    const revoked = performance.now();
    const answers = new Set<string>();
    while (!answers.has("session_expired") && performance.now() - revoked < ttl + margin) {
      answers.add(await device.answer());
    }
    expect([...answers].filter((answer) => answer !== "ok")).toEqual(["session_expired"]);
    expect(await device.answer()).toBe("unauthenticated");
  });
});
