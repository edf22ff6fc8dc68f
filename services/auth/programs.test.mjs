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
