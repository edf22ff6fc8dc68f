import assert from "node:assert/strict";
import { test } from "node:test";
import { createMetrics, operations } from "./metrics.mjs";

const api = {
  signInEmail: { path: "/sign-in/email" }, getSession: { path: "/get-session" },
  resetPassword: { path: "/reset-password/:token" }, configuration: { path: "/.well-known/openid-configuration" }, internal: {},
};

test("operations are Better Auth's endpoints, and unknown paths are none", () => {
  const operation = operations(api);
  for (const [path, want] of [
    ["/api/auth/sign-in/email", "sign-in/email"],
    ["/api/auth/get-session", "get-session"],
    ["/api/auth/reset-password/4bTdUGlXV3hh", "reset-password"],
    ["/api/auth/reset-password/4bTdUGlXV3hh/17", "none"],
    ["/api/auth/sign-in/email/17", "none"],
    ["/api/auth/.well-known/openid-configuration", ".well-known/openid-configuration"],
    ["/api/auth/1well-known/openid-configuration", "none"],
    ["/api/auth/made-up-17", "none"],
    ["/api/auth/", "none"],
    ["/healthz", "none"],
  ]) {
    assert.equal(operation(path), want, path);
  }
});

test("the metrics have requests, their durations and the pool", async () => {
  const pool = { totalCount: 3, idleCount: 2, waitingCount: 1 };
  const metrics = createMetrics({ api }, pool, { TASKLANE_VERSION: "1.2.3" });
  metrics.observe("/api/auth/sign-in/email", 429, 0.003);
  const page = await metrics.page();
  for (const want of [
    'tasklane_build_info{version="1.2.3",revision=""} 1',
    'tasklane_requests_total{operation="sign-in/email",status="429"} 1',
    'tasklane_request_duration_seconds_bucket{le="0.0025",operation="sign-in/email"} 0',
    'tasklane_request_duration_seconds_bucket{le="0.005",operation="sign-in/email"} 1',
    "tasklane_pool_connections 3",
    "tasklane_pool_connections_idle 2",
    "tasklane_pool_requests_waiting 1",
  ]) {
    assert.ok(page.includes(`\n${want}\n`), `${want} is not in\n${page}`);
  }
  assert.match(page, /\nnodejs_eventloop_lag_seconds /);
  assert.match(page, /\nprocess_resident_memory_bytes /);
});
