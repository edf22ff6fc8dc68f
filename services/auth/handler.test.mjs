import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { test } from "node:test";
import { authHandler } from "./handler.mjs";
import { createLogger } from "./log.mjs";

test("a failure of Better Auth is answered and logged", async (t) => {
  const { address, log } = await serve(t, () => Promise.reject(new Error("the database is gone")));
  const response = await fetch(address, { headers: { "x-request-id": "request-1" } });
  assert.equal(response.status, 500);
  assert.deepEqual(await response.json(), { message: "Internal server error." });
  const [line] = log;
  assert.deepEqual([line.level, line.msg, line.requestId], ["ERROR", "the request failed", "request-1"]);
  assert.match(line.error, /the database is gone/);
});

test("a failure after the headers ends the connection", async (t) => {
  const broken = { headers: new Headers(), status: 200 };
  Object.defineProperty(broken, "body", {
    get() {
      throw new Error("no body");
    },
  });
  const { address, log } = await serve(t, async () => broken);
  await assert.rejects(fetch(address));
  assert.match(log[0].error, /no body/);
});

test("a method without an endpoint is refused", async (t) => {
  const { address } = await serve(t, async () => new Response("reached"));
  const response = await fetch(address, { method: "DELETE" });
  assert.deepEqual([response.status, response.headers.get("allow")], [405, "GET, POST"]);
  assert.equal(await (await fetch(address, { method: "POST" })).text(), "reached");
});

/** Serves authHandler around an answer in Better Auth's place, until the test ends. */
async function serve(t, handler) {
  const log = [];
  const api = { some: { options: { method: "GET" } }, other: { options: { method: ["GET", "POST"] } }, server: {} };
  const handle = authHandler({ handler, api }, createLogger("info", (line) => log.push(JSON.parse(line))));
  const server = createServer(handle).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  return { address: `http://127.0.0.1:${server.address().port}`, log };
}
