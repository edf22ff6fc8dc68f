import assert from "node:assert/strict";
import { test } from "node:test";
import { passkeyPlugins } from "./passkeys.mjs";

/** The plugin's hooks, with a database that has one passkey, and the mails that they send. */
function hooks() {
  const mails = [];
  const [{ options }] = passkeyPlugins({ passkeyDomain: "example.com" }, { passkeyAdded: (to) => mails.push(to) });
  const adapter = { findOne: async ({ where }) => (where[0].value === "known" ? { id: "1" } : null) };
  const ctx = { context: { adapter, session: { user: { email: "ada@example.com" } } } };
  const add = (id, userVerified) => options.registration.afterVerification({ ctx, verification: { registrationInfo: { credential: { id }, userVerified } } });
  const signIn = (userVerified) => options.authentication.afterVerification({ verification: { authenticationInfo: { userVerified } } });
  return { mails, add, signIn };
}

test("there are no passkeys where browsers make none", () => {
  assert.deepEqual(passkeyPlugins({}, undefined), []);
});

test("a new passkey is announced by email", async () => {
  const { mails, add, signIn } = hooks();
  await add("new", true);
  await signIn(true);
  assert.deepEqual(mails, ["ada@example.com"]);
});

test("a device that nobody unlocked is not enough", async () => {
  const { mails, add, signIn } = hooks();
  await assert.rejects(add("new", false), { body: { code: "USER_NOT_VERIFIED", message: "Unlock your device to use its passkey." } });
  await assert.rejects(signIn(false), { status: "UNAUTHORIZED" });
  assert.deepEqual(mails, []);
});

test("a passkey belongs to one user", async () => {
  const { mails, add } = hooks();
  await assert.rejects(add("known", true), { status: "BAD_REQUEST" });
  assert.deepEqual(mails, []);
});
