import assert from "node:assert/strict";
import { test } from "node:test";
import { limitSessions, MAX_SESSIONS } from "./limits.mjs";
import { serve } from "./testing/server.mjs";

const credentials = { email: "ada@example.com", password: "correct horse battery" };

test("a user has a limited number of sessions, of which the longest unused end", async () => {
  const { openBrowser, tables } = serve(() => [limitSessions()]);
  await openBrowser().signUp("grace@example.com");
  const used = openBrowser();
  await used.signUp(credentials.email);
  const { userId } = tables.session.at(-1);
  for (let n = 1; n < MAX_SESSIONS; n++) {
    const expiresAt = new Date(Date.now() + 86_400_000);
    tables.session.push({ id: `${n}`, token: `token-${n}`, userId, createdAt: new Date(n), updatedAt: new Date(n), expiresAt });
  }
  for (let n = 0; n < 3; n++) assert.equal((await openBrowser().send("/sign-in/email", credentials)).status, 200);
  assert.equal(tables.session.length, MAX_SESSIONS + 1, "with the other user's");
  assert.deepEqual(["token-1", "token-2", "token-3", "token-4"].filter((token) => tables.session.some((row) => row.token === token)), ["token-4"]);
  // Better Auth ends at most as many as it lists.
  assert.equal((await used.send("/list-sessions")).body.length, MAX_SESSIONS);
  assert.equal((await used.send("/revoke-other-sessions", {})).status, 200);
  assert.equal(tables.session.length, 2);
});

test("a session stores at most 512 characters of the User-Agent", async () => {
  const { openBrowser, tables } = serve(() => [limitSessions()]);
  await openBrowser().signUp(credentials.email);
  for (const userAgent of ["x".repeat(512), "y".repeat(8000)]) {
    await openBrowser().send("/sign-in/email", credentials, { "user-agent": userAgent });
    assert.equal(tables.session.at(-1).userAgent, userAgent.slice(0, 512));
  }
  await openBrowser().send("/sign-in/email", credentials);
  assert.equal(tables.session.at(-1).userAgent, "");
});
