import type { ServerResponse } from "node:http";
import { afterEach, describe, expect, vi } from "vitest";
import { createClient, type Change, type Client, type WatchState } from "../src/index.js";
import { eventually, rejection, sendJson, test, type ReceivedRequest, type Serve } from "./server.js";

const retry = { baseDelay: 1, maxDelay: 1 };

const event = (name: string, data: object, id?: number) =>
  `${id === undefined ? "" : `id: ${id}\n`}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;

const change = (seq: number) => event("change", { seq, kind: "task", id: `task-${seq}`, data: null }, seq);

function startStream(response: ServerResponse, seq: number): void {
  response.writeHead(200, { "content-type": "text/event-stream", "x-request-id": "request-1" });
  response.write(event("ready", { seq }));
}

/** Returns where a stream starts: its URL, and the id of the last event that the client has. */
const startOf = ({ url, headers }: ReceivedRequest) => [url, headers["last-event-id"]];

/** Returns the numbers of the next changes, then stops watching. */
async function take(changes: AsyncIterable<Change>, count: number): Promise<number[]> {
  const seen: number[] = [];
  for await (const { seq } of changes) {
    seen.push(seq);
    if (seen.length === count) break;
  }
  return seen;
}

const watchToEnd = (client: Client, after = 4) => rejection(take(client.watchChanges(after), Infinity));

describe.concurrent("a watch", () => {
  test("yields the changes in order, split anywhere, and closes its connection on return", async ({ serve }) => {
    let closed = false;
    const server = await serve(async (_, response) => {
      response.on("close", () => (closed = true));
      startStream(response, 4);
      const text = `${change(5)}:\n\n${change(6)}`;
      response.write(text.slice(0, 20));
      await new Promise((resolve) => setImmediate(resolve));
      response.write(text.slice(20));
    });
    const states: WatchState[] = [];
    const client = createClient({ baseUrl: server.url });
    expect(await take(client.watchChanges(4, { onState: (state) => states.push(state) }), 2)).toEqual([5, 6]);
    expect(server.received.map(startOf)).toEqual([["/api/events?after=4", undefined]]);
    expect(server.received[0]?.headers.accept).toBe("text/event-stream");
    expect(states).toEqual(["connecting", "live"]);
    await eventually(() => expect(closed).toBe(true));
  });

  test("skips changes of unknown kinds, and does not request them again", async ({ serve }) => {
    const unknown = event("change", { seq: 6, kind: "note", id: "note-1", data: { name: "Home" } }, 6);
    const server = await serve((_, response) => {
      startStream(response, 4);
      if (server.received.length === 1) response.end(change(5) + unknown);
      else response.write(change(7));
    });
    const client = createClient({ baseUrl: server.url, retry });
    expect(await take(client.watchChanges(4), 2)).toEqual([5, 7]);
    expect(server.received.map(startOf)).toEqual([
      ["/api/events?after=4", undefined],
      ["/api/events", "6"],
    ]);
  });

  test("reconnects after the last change when the connection ends, breaks or is rejected", async ({
    serve,
  }) => {
    const server = await serve((_, response) => {
      switch (server.received.length) {
        case 1:
          startStream(response, 4);
          return response.end(change(5));
        case 2:
          return sendJson(response, 503, { ...problem, code: "unavailable", status: 503 }, { "retry-after": "0" });
        case 3:
          return response.writeHead(502).end("<html>");
        case 4:
          return sendJson(response, 500, { ...problem, code: "internal", status: 500 });
        case 5:
          return response.destroy();
        default:
          startStream(response, 5);
          // The server repeats change 5, which the client already has.
          return response.write(change(5) + change(7));
      }
    });
    const states: WatchState[] = [];
    const client = createClient({ baseUrl: server.url, retry });
    expect(await take(client.watchChanges(4, { onState: (state) => states.push(state) }), 2)).toEqual([5, 7]);
    expect(server.received.slice(1).map(startOf)).toEqual(Array(5).fill(["/api/events", "5"]));
    expect(states).toEqual(["connecting", "live", ...Array(5).fill("offline"), "live"]);
  });

  test("ends when the session ends", async ({ serve }) => {
    const server = await serve((_, response) => {
      startStream(response, 4);
      response.end(change(5) + event("session_ended", {}));
    });
    const error = await watchToEnd(createClient({ baseUrl: server.url, retry }));
    expect(error).toMatchObject({ name: "ApiError", code: "session_expired", status: 401, requestId: "request-1" });
    expect(server.received.length).toBe(1);
  });

  test.for([
    [401, "session_expired"],
    [410, "cursor_expired"],
    [422, "invalid"],
    [403, "cross_origin"],
  ] as const)("ends on an error that a retry cannot fix: %d %s", async ([status, code], { serve }) => {
    const server = await serve((_, response) => sendJson(response, status, { ...problem, code, status }));
    expect(await watchToEnd(createClient({ baseUrl: server.url, retry }))).toMatchObject({ code, status });
    expect(server.received.length).toBe(1);
  });

  test("ends with its signal's reason, also during its backoff", async ({ serve }) => {
    const controller = new AbortController();
    const server = await serve((_, response) => {
      if (server.received.length === 1) return startStream(response, 4);
      sendJson(response, 503, { ...problem, code: "unavailable", status: 503 }, { "retry-after": "30" });
    });
    const client = createClient({ baseUrl: server.url });
    const waiting = new AbortController();
    const onState = (state: WatchState) => state === "live" && controller.abort("left");
    expect(await rejection(take(client.watchChanges(4, { signal: controller.signal, onState }), 1))).toBe("left");
    const later = (state: WatchState) => state === "offline" && setImmediate(() => waiting.abort("left too"));
    expect(await rejection(take(client.watchChanges(4, { signal: waiting.signal, onState: later }), 1))).toBe("left too");
  });

  test("reconnects after a response that is not a stream", async ({ serve }) => {
    const server = await serve((_, response) => {
      if (server.received.length === 1) return response.writeHead(200, { "content-type": "text/html" }).end("<html>");
      startStream(response, 4);
      response.write(change(5));
    });
    expect(await take(createClient({ baseUrl: server.url, retry }).watchChanges(4), 1)).toEqual([5]);
  });
});

describe("a connection", () => {
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  /** Watches a server whose first stream goes silent and whose second one sends a change. Runs `act` once the first is live. */
  async function watchSilence(serve: Serve, act: () => Promise<unknown>) {
    const server = await serve((_, response) => {
      startStream(response, 4);
      if (server.received.length > 1) response.write(change(5));
    });
    let live = () => {};
    const connected = new Promise<void>((resolve) => (live = resolve));
    const onState = (state: WatchState) => state === "live" && live();
    const seen = take(createClient({ baseUrl: server.url, retry }).watchChanges(4, { onState }), 1);
    await connected;
    await act();
    expect(await seen).toEqual([5]);
  }

  test("is closed after 45 seconds of silence", async ({ serve }) => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "Date"] });
    await watchSilence(serve, () => vi.advanceTimersByTimeAsync(50_001));
  });

  test.for([
    ["the machine wakes from sleep", 3_600_000],
    ["the clock is set back", -3_600_000],
  ] as const)("is closed soon after %s", async ([, jump], { serve }) => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "Date"] });
    await watchSilence(serve, async () => {
      vi.setSystemTime(Date.now() + jump);
      await vi.advanceTimersByTimeAsync(5_000);
    });
  });

  test("stays open while the caller takes an hour to handle a change", async ({ serve }) => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "Date"] });
    let more = () => {};
    const server = await serve((_, response) => {
      startStream(response, 4);
      response.write(change(5));
      more = () => response.write(change(6));
    });
    const changes = createClient({ baseUrl: server.url, retry }).watchChanges(4);
    await changes.next();
    await vi.advanceTimersByTimeAsync(3_600_000);
    more();
    expect(await take(changes, 1)).toEqual([6]);
    expect(server.received.length).toBe(1);
  });

  test.for([
    ["25 days", "2147484"],
    ["thousands of years", "99999999999"],
    ["more seconds than a number holds", "9".repeat(400)],
  ] as const)("is retried after the longest delay of a timer, for a Retry-After of %s", async ([, seconds], { serve }) => {
    const setTimer = vi.spyOn(globalThis, "setTimeout");
    const server = await serve((_, response) => {
      sendJson(response, 503, { ...problem, code: "unavailable", status: 503 }, { "retry-after": seconds });
    });
    const controller = new AbortController();
    const onState = (state: WatchState) => state === "offline" && setImmediate(() => controller.abort("left"));
    const client = createClient({ baseUrl: server.url, retry });
    expect(await rejection(take(client.watchChanges(4, { signal: controller.signal, onState }), 1))).toBe("left");
    expect(Math.max(...setTimer.mock.calls.map(([, delay]) => delay ?? 0))).toBe(2 ** 31 - 1);
  });
});

const problem = { success: false, error: "No.", title: "No", requestId: "1" };
