import assert from "node:assert/strict";
import { test } from "node:test";
import { MAX_KEYS, programPlugins } from "./programs.mjs";
import { codeOf, serve } from "./testing/server.mjs";

test("a user has a limited number of API keys, also by a bearer token", async () => {
  const { openBrowser, tables } = serve(programPlugins);
  const browser = openBrowser();
  const { headers } = await browser.signUp("ada@example.com");
  const authorization = `Bearer ${headers.get("set-auth-token")}`;
  const create = () => openBrowser().send("/api-key/create", { name: "Report" }, { authorization });
  const referenceId = tables.user[0].id;
  for (let id = 1; id < MAX_KEYS; id++) tables.apikey.push({ id: `${id}`, referenceId });
  assert.equal((await create()).status, 200);
  assert.deepEqual(codeOf(await create()), [403, "TOO_MANY_KEYS"]);
  assert.deepEqual(codeOf(await browser.send("/api-key/create", { name: "Report" })), [403, "TOO_MANY_KEYS"]);
});

test("a list of API keys is sorted by their fields only", async () => {
  const browser = serve(programPlugins).openBrowser();
  await browser.signUp("ada@example.com");
  for (const [query, want] of [["", 200], ["?sortBy=createdAt", 200], ["?sortBy=secret", 400], ["?sortBy=constructor", 400], ["?organizationId=1", 400]]) {
    assert.equal((await browser.send(`/api-key/list${query}`)).status, want, query);
  }
});

test("an address gets a limited number of device codes", async () => {
  const { openBrowser, tables } = serve(programPlugins, { rateLimit: true });
  const request = (address) => openBrowser().send("/device/code", { client_id: "program" }, { "x-forwarded-for": address });
  const statuses = [];
  for (let n = 0; n < 12; n++) statuses.push((await request("192.0.2.1")).status);
  assert.deepEqual(statuses, [...Array(10).fill(200), 429, 429]);
  assert.equal((await request("192.0.2.2")).status, 200);
  assert.equal(tables.deviceCode.length, 11);
});
