import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { connect } from "node:net";
import { test } from "node:test";
import { networks } from "./config.mjs";
import { authHandler } from "./handler.mjs";
import { createLogger } from "./log.mjs";

test("a failure of Better Auth becomes a response and is logged", async (t) => {
  const { address, log } = await serve(t, () => Promise.reject(new Error("the database is gone")));
  const response = await fetch(address, { headers: { "x-request-id": "request-1" } });
  assert.equal(response.status, 500);
  assert.deepEqual(await response.json(), { message: "Internal server error." });
  const [line] = log;
  assert.deepEqual([line.level, line.msg, line.requestId], ["ERROR", "the request failed", "request-1"]);
  assert.match(line.error, /the database is gone/);
});

test("a value that the database rejects is the client's error", async (t) => {
  const { address, log } = await serve(t, () => Promise.reject(Object.assign(new Error("invalid byte sequence"), { code: "22021" })));
  assert.equal((await fetch(address)).status, 422);
  assert.deepEqual(log, []);
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

test("a method without an endpoint is rejected", async (t) => {
  const { address } = await serve(t, async () => new Response("reached"));
  const response = await fetch(address, { method: "DELETE" });
  assert.deepEqual([response.status, response.headers.get("allow")], [405, "GET, POST"]);
  assert.equal(await (await fetch(address, { method: "POST" })).text(), "reached");
});

test("Better Auth gets only the paths of its endpoints", async (t) => {
  const { address } = await serve(t, async () => new Response("reached"));
  for (const [path, want] of [
    ["some/1?of=2", 200],
    ["some/%C3%A9", 200],
    ["other?" + "x".repeat(1000), 200],
    ["other/1", 404],
    ["other/", 404],
    ["Other", 404],
    ["oth%65r", 404],
    ["some", 404],
    ["some/", 404],
    ["some/1/2", 404],
    ["another", 404],
    [".", 404],
  ]) {
    assert.equal((await fetch(new URL(path, address))).status, want, path);
  }
});

test("only a trusted proxy sets the client's address", async (t) => {
  const client = async (request) => new Response(request.headers.get("x-forwarded-for"));
  for (const [proxies, sent, want] of [
    [[], "203.0.113.7", "127.0.0.1"],
    [["192.0.2.0/24"], "203.0.113.7", "127.0.0.1"],
    [["127.0.0.0/8"], "203.0.113.7", "203.0.113.7"],
    [["127.0.0.1"], undefined, "127.0.0.1"],
  ]) {
    const { address } = await serve(t, client, proxies);
    const response = await fetch(address, { headers: sent ? { "x-forwarded-for": sent } : {} });
    assert.equal(await response.text(), want, `proxies ${proxies}, X-Forwarded-For ${sent}`);
  }
});

test("a body of up to 16 KiB reaches Better Auth", async (t) => {
  const { address } = await serve(t, async (request) => new Response(String((await request.text()).length)));
  const send = (body) => fetch(address, { method: "POST", body, duplex: "half", headers: { "content-type": "application/json" } });
  const most = 16 << 10;
  const chunked = (size) => new Blob(["x".repeat(size)]).stream();
  for (const body of ["", "{}", "x".repeat(most), chunked(most)]) {
    const response = await send(body);
    assert.deepEqual([response.status, await response.text()], [200, String(body.length ?? most)]);
  }
  assert.equal((await send("x".repeat(most + 1))).status, 413);
  assert.equal((await send(chunked(8 * most))).status, 413);
  // A client that sends even more may miss the response.
  const status = await send(chunked(4 << 20)).then((response) => response.status, () => "cut off");
  assert.ok([413, "cut off"].includes(status), `${status}`);
});

test("a body that is too large is read before it is rejected, so that the client gets the response", async (t) => {
  const { address } = await serve(t, async () => new Response("reached"));
  const half = "x".repeat(32 << 10);
  const socket = connect(new URL(address).port, "127.0.0.1");
  socket.write(`POST /api/auth/other HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${2 * half.length}\r\n\r\n${half}`);
  let received = "";
  socket.on("data", (chunk) => (received += chunk));
  await fetch(address); // by now, the server has the first half
  assert.equal(received, "");
  socket.write(half);
  await once(socket, "end");
  assert.match(received, /^HTTP\/1.1 413 /);
});

test("a compressed body is rejected", async (t) => {
  const { address } = await serve(t, async () => new Response("reached"));
  const response = await fetch(address, { method: "POST", body: "x", headers: { "content-encoding": "gzip" } });
  assert.deepEqual([response.status, response.headers.get("accept-encoding")], [415, "identity"]);
});

/** Serves authHandler with a handler instead of Better Auth, until the test ends. */
async function serve(t, handler, proxies = []) {
  const log = [];
  const api = {
    some: { path: "/some/:id", options: { method: "GET" } },
    other: { path: "/other", options: { method: ["GET", "POST"] } },
    server: {},
  };
  const handle = authHandler({ handler, api }, createLogger("info", (line) => log.push(JSON.parse(line))), networks(proxies));
  const server = createServer(handle).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  return { address: `http://127.0.0.1:${server.address().port}/api/auth/other`, log };
}
