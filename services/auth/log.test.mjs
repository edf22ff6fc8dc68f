import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { test } from "node:test";
import { createLogger, libraryLogger, loggedPath, statusOf } from "./log.mjs";

test("lines below the level are dropped", () => {
  const lines = [];
  const log = createLogger("warn", (line) => lines.push(JSON.parse(line)));
  log.debug("of no interest");
  log.info("request", { status: 200 });
  log.warn("not ready", { error: new TypeError("why") });
  log.error("cannot listen");
  assert.deepEqual(lines.map(({ level, msg }) => [level, msg]), [["WARN", "not ready"], ["ERROR", "cannot listen"]]);
  assert.match(lines[0].error, /^TypeError: why\n/);
});

test("addresses and tokens are redacted", () => {
  const lines = [];
  const log = createLogger("info", (line) => lines.push(line));
  const token = "4bTdUGlXV3hhm7iDzcIEvNeyYR05qSJo";
  log.info("Sign-up attempt for existing email: ada.lovelace+tasks@example.com", { requestId: "019ac2f47b3c7c1e9a550d6f2b8e4c11" });
  libraryLogger(log, "error")(new Error("Key (email)=(ada@example.com) exists already"), { email: "ada%40example.com", cookie: `better-auth.session_token=${token}.c2ln` });
  libraryLogger(log, "warn")("a JWT", ["eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl", { token: "a1b2c3d4e5f6a7b8c9d0e1f2" }]);
  assert.doesNotMatch(lines.join(""), /ada|example\.com|4bTd|eyJ|a1b2/);
  assert.match(lines[0], /existing email: \[address\]","requestId":"019ac2f47b3c7c1e9a550d6f2b8e4c11"/);
  assert.match(lines[1], /from a library/);
  const fault = new Error("at processTicksAndRejections of @better-auth/core");
  log.error("failed", { error: fault, path: "/api/auth/reset-password" });
  assert.ok(lines[3].includes("at processTicksAndRejections of @better-auth/core") && lines[3].includes("/api/auth/reset-password"), lines[3]);
});

test("a long word takes no long time", () => {
  const lines = [];
  const log = createLogger("info", (line) => lines.push(line));
  const start = performance.now();
  for (const unit of ["a", "eyJ-", "é", "1"]) log.error(`Invalid callbackURL: ${unit.repeat(60_000 / unit.length)} of ada@example.com`);
  assert.ok(performance.now() - start < 1000, `${performance.now() - start} ms`);
  assert.match(lines.join(""), /^(.*"Invalid callbackURL: \[token\] of \[address\]"}\n){4}$/);
});

test("the status of a client that disconnects is 499", async (t) => {
  const server = createServer().listen(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  const abort = new AbortController();
  const sent = fetch(`http://127.0.0.1:${server.address().port}`, { signal: abort.signal });
  const [, response] = await once(server, "request");
  abort.abort();
  await assert.rejects(sent);
  await once(response, "close");
  assert.equal(statusOf(response), 499);
});

test("a path is logged without its parameters, and an unknown path is not logged", () => {
  for (const [path, operation, want] of [
    ["/api/auth/sign-in/email", "sign-in/email", "/api/auth/sign-in/email"],
    ["/api/auth/reset-password/hunter2", "reset-password", "/api/auth/reset-password"],
    ["/api/auth/hunter2", "none", "/…"],
    [`/${"hunter2".repeat(1000)}`, "none", "/…"],
    ["/readyz", "none", "/readyz"],
  ]) {
    assert.equal(loggedPath(path, operation), want);
  }
});
