import { describe, expect, test as unit, vi } from "vitest";
import { ApiError, ConnectionError, createClient, type Problem } from "../src/index.js";
import { backoff, defaultRetry, nextDelay, parseRetryAfter } from "../src/retry.js";
import { rejection, sendJson, test } from "./server.js";

function apiError(status: number, code: Problem["code"], retryAfter?: number): ApiError {
  return new ApiError({ success: false, error: "No.", code, status, title: "No", requestId: "1" }, retryAfter);
}

describe("a retry", () => {
  unit.for([
    [429, "rate_limited", true],
    [502, "bad_gateway", true],
    [503, "unavailable", true],
    [504, "timeout", true],
    [401, "session_expired", false],
    [404, "task_not_found", false],
    [409, "idempotency_in_progress", false],
    [412, "version_conflict", false],
    [422, "invalid", false],
    [500, "internal", false],
  ] as const)("follows %d %s: %s", ([status, code, repeated]) => {
    expect(nextDelay(defaultRetry, apiError(status, code, 0), 1) !== undefined).toBe(repeated);
  });

  unit("follows a network failure, but not an error of the program", () => {
    expect(nextDelay(defaultRetry, new ConnectionError("gone"), 1, 0.5)).toBe(50);
    expect(nextDelay(defaultRetry, new TypeError("a bug"), 1)).toBeUndefined();
  });

  unit("waits for the server's Retry-After plus jitter, up to a limit", () => {
    expect(nextDelay(defaultRetry, apiError(503, "unavailable", 2), 1, 0.5)).toBe(2_050);
    expect(nextDelay(defaultRetry, apiError(429, "rate_limited", 30), 1, 0)).toBe(30_000);
    expect(nextDelay(defaultRetry, apiError(429, "rate_limited", 31), 1, 0)).toBeUndefined();
  });

  unit("backs off exponentially up to a limit, until the last attempt", () => {
    const longest = [1, 2, 3, 4, 5, 6, 7, 8].map((failed) => backoff(defaultRetry, failed, 1));
    expect(longest).toEqual([100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
    expect(nextDelay(defaultRetry, new ConnectionError("gone"), 3, 0)).toBe(0);
    expect(nextDelay(defaultRetry, new ConnectionError("gone"), 4, 0)).toBeUndefined();
  });
});

unit.for([
  ["7", 7],
  ["0", 0],
  ["Mon, 23 Nov 2026 08:00:09 GMT", 9],
  ["Mon, 23 Nov 2026 07:00:00 GMT", 0],
  ["soon", undefined],
  [null, undefined],
] as const)("Retry-After %s is %s seconds", ([value, seconds]) => {
  expect(parseRetryAfter(value, Date.parse("2026-11-23T08:00:00Z"))).toBe(seconds);
});

unit("an attempt times out after 12 seconds by default, and a call has time for all its attempts", () => {
  expect(defaultRetry.attemptTimeout).toBe(12_000);
  expect(defaultRetry.timeout).toBeGreaterThan(defaultRetry.attempts * defaultRetry.attemptTimeout);
});

test("infinite timeouts are as long as the longest timer", async ({ serve, onTestFinished }) => {
  const setTimer = vi.spyOn(globalThis, "setTimeout");
  onTestFinished(() => setTimer.mockRestore());
  const server = await serve((_, response) => sendJson(response, 200, { success: true, data: {} }));
  const call = createClient({ baseUrl: server.url, retry: { attemptTimeout: Infinity, timeout: Infinity } }).getTask("a");
  expect(setTimer.mock.calls.map(([, delay]) => delay).slice(0, 2)).toEqual(Array(2).fill(2 ** 31 - 1));
  await call;
});

describe.concurrent("a call", () => {
  const busy = { success: false, error: "Busy.", code: "overloaded", status: 503, title: "Busy", requestId: "1" };
  const retry = { baseDelay: 1, maxDelay: 1 };

  test("is retried with the same key and version until it succeeds", async ({ serve }) => {
    const server = await serve((_, response) => {
      if (server.received.length === 1) response.destroy();
      else if (server.received.length === 2) response.writeHead(502).end("<html>");
      else sendJson(response, 200, { success: true, data: {} });
    });
    await createClient({ baseUrl: server.url, retry }).updateTask("a", { title: "b" }, { version: 3 });
    const keys = server.received.map(({ headers }) => headers["idempotency-key"]);
    expect(keys).toEqual(Array(3).fill(expect.stringMatching(/^[a-z0-9-]{16,}$/)));
    expect(new Set(keys).size).toBe(1);
    expect(server.received.map(({ headers }) => headers["if-match"])).toEqual(Array(3).fill('"3"'));
  });

  test("fails with the last error after the allowed attempts", async ({ serve }) => {
    const server = await serve((_, response) => sendJson(response, 503, busy, { "retry-after": "0" }));
    const client = createClient({ baseUrl: server.url, retry: { ...retry, attempts: 3 } });
    expect(await rejection(client.listTasks())).toMatchObject({ code: "overloaded", retryAfter: 0 });
    expect(server.received.length).toBe(3);
  });

  test("is not retried if retries are off", async ({ serve }) => {
    const server = await serve((_, response) => response.destroy());
    const client = createClient({ baseUrl: server.url, retry: false });
    expect(await rejection(client.createTask({ title: "a" }))).toBeInstanceOf(ConnectionError);
    expect(server.received.length).toBe(1);
  });

  test("ends its backoff when its signal is aborted", async ({ serve }) => {
    const controller = new AbortController();
    const server = await serve((_, response) => {
      sendJson(response, 503, busy, { "retry-after": "20" });
      setImmediate(() => controller.abort("left"));
    });
    const client = createClient({ baseUrl: server.url });
    expect(await rejection(client.listTasks({}, { signal: controller.signal }))).toBe("left");
    expect(server.received.length).toBe(1);
  });

  test("is retried when an attempt times out", async ({ serve }) => {
    const server = await serve((_, response) => {
      if (server.received.length === 1) return;
      if (server.received.length === 2) return response.writeHead(200).write("{");
      sendJson(response, 200, { success: true, data: { id: "a" } });
    });
    const client = createClient({ baseUrl: server.url, retry: { ...retry, attemptTimeout: 500 } });
    expect(await client.createTask({ title: "a" })).toEqual({ id: "a" });
    const keys = server.received.map(({ headers }) => headers["idempotency-key"]);
    expect([keys.length, new Set(keys).size]).toEqual([3, 1]);
  });

  test("ends at its timeout if the server stays silent", async ({ serve }) => {
    const server = await serve(() => {});
    const client = createClient({ baseUrl: server.url, retry: { timeout: 50 } });
    expect(await rejection(client.listTasks())).toMatchObject({ message: "The server did not respond in time." });
  });

  test("uses the given idempotency key", async ({ serve }) => {
    const server = await serve((_, response) => sendJson(response, 200, { success: true, data: [] }));
    await createClient({ baseUrl: server.url }).batch([], { idempotencyKey: "mine" });
    expect(server.received[0]?.headers["idempotency-key"]).toBe("mine");
  });
});
