import assert from "node:assert/strict";
import { test } from "node:test";
import { MAX_PASSKEYS, passkeyPlugins } from "./passkeys.mjs";
import { createAuthenticator } from "./testing/authenticator.mjs";
import { ORIGIN, codeOf, serve } from "./testing/server.mjs";

/** Starts a server with passkeys. Each mail is listed with its recipient and the number of passkeys at that time. */
function start() {
  const mails = [];
  const { openBrowser, tables } = serve((tables) =>
    passkeyPlugins({ passkeyDomain: "localhost" }, { passkeyAdded: (to) => mails.push([to, tables.passkey.length]) }),
  );
  return { mails, tables, openBrowser: () => withDevices(openBrowser()) };
}

function withDevices(browser) {
  return {
    ...browser,
    async add(device, unlocked = true) {
      const { body, ...rejected } = await browser.send("/passkey/generate-register-options");
      if (!body.challenge) return { body, ...rejected };
      return browser.send("/passkey/verify-registration", { name: "Laptop", response: device.create(body, { unlocked }) });
    },
    async signIn(device, unlocked = true) {
      const { body } = await browser.send("/passkey/generate-authenticate-options");
      return browser.send("/passkey/verify-authentication", { response: device.get(body, { unlocked }) });
    },
  };
}

test("passkeys are off where browsers do not support them", () => {
  assert.deepEqual(passkeyPlugins({}, undefined), []);
});

test("a new passkey signs in, and its user is notified by email", async () => {
  const { openBrowser, mails } = start();
  const device = createAuthenticator(ORIGIN);
  const browser = openBrowser();
  await browser.signUp("ada@example.com");
  assert.equal((await browser.add(device)).status, 200);
  assert.deepEqual(mails, [["ada@example.com", 1]]);
  const { status, body } = await openBrowser().signIn(device);
  assert.deepEqual([status, body.user?.email], [200, "ada@example.com"]);
});

test("a locked device can neither add a passkey nor sign in", async () => {
  const { openBrowser, mails, tables } = start();
  const device = createAuthenticator(ORIGIN);
  const browser = openBrowser();
  await browser.signUp("ada@example.com");
  assert.deepEqual(codeOf(await browser.add(device, false)), [401, "USER_NOT_VERIFIED"]);
  assert.deepEqual([tables.passkey, mails], [[], []]);
  assert.equal((await browser.add(device)).status, 200);
  const sessions = tables.session.length;
  assert.deepEqual(codeOf(await openBrowser().signIn(device, false)), [401, "USER_NOT_VERIFIED"]);
  assert.equal(tables.session.length, sessions);
});

test("a passkey that does not match the challenge is rejected, and another can be added", async () => {
  const { openBrowser, mails, tables } = start();
  const browser = openBrowser();
  await browser.signUp("ada@example.com");
  const verify = (response) => browser.send("/passkey/verify-registration", { name: "Laptop", response });
  const { body: first } = await browser.send("/passkey/generate-register-options");
  const made = createAuthenticator(ORIGIN).create(first, { unlocked: true });
  for (const [response, what] of [
    [made, "another tab's challenge"],
    [{ ...made, response: { ...made.response, attestationObject: "AAAA" } }, "no attestation"],
    [{ ...made, id: "another" }, "another id"],
    [{ ...made, type: undefined }, "no type"],
    [createAuthenticator("https://evil.example").create(first, { unlocked: true }), "another site"],
    [{}, "nothing"],
    ["text", "a text"],
    [null, "null"],
  ]) {
    await browser.send("/passkey/generate-register-options");
    assert.deepEqual(codeOf(await verify(response)), [400, "FAILED_TO_VERIFY_REGISTRATION"], what);
  }
  await browser.send("/passkey/generate-authenticate-options");
  assert.deepEqual(codeOf(await verify(made)), [400, "CHALLENGE_NOT_FOUND"], "a challenge for signing in");
  assert.deepEqual([tables.passkey, mails], [[], []]);
  assert.equal((await browser.add(createAuthenticator(ORIGIN))).status, 200);
});

test("a passkey cannot be added to a second account", async () => {
  const { openBrowser, mails, tables } = start();
  const device = createAuthenticator(ORIGIN);
  const [ada, eve] = [openBrowser(), openBrowser()];
  await ada.signUp("ada@example.com");
  await eve.signUp("eve@example.com");
  assert.equal((await ada.add(device)).status, 200);
  assert.deepEqual(codeOf(await eve.add(device)), [400, "PREVIOUSLY_REGISTERED"]);
  assert.deepEqual([tables.passkey.length, mails.length], [1, 1]);
});

test("a user has a limited number of passkeys", async () => {
  const { openBrowser, tables } = start();
  const browser = openBrowser();
  await browser.signUp("ada@example.com");
  const [{ body: prepared }, device] = [await browser.send("/passkey/generate-register-options"), createAuthenticator(ORIGIN)];
  const userId = tables.user[0].id;
  for (let id = 1; id <= MAX_PASSKEYS; id++) tables.passkey.push({ id: `${id}`, userId, credentialID: `${id}`, name: "Laptop" });
  assert.deepEqual(codeOf(await browser.add(device)), [403, "TOO_MANY_PASSKEYS"]);
  // A challenge from before the maximum was reached is rejected too.
  assert.deepEqual(codeOf(await browser.send("/passkey/verify-registration", { response: device.create(prepared, { unlocked: true }) })), [403, "TOO_MANY_PASSKEYS"]);
  tables.passkey.pop();
  assert.equal((await browser.add(device)).status, 200);
});
