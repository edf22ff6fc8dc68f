import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Change, WatchOptions, WatchState } from "../../src/index.js";
import { watchShared } from "../../src/react/shared-watch.js";
import { eventually, rejection } from "../server.js";

/** A fake of the browser's Web Locks, with a single lock. */
class Locks {
  #break: (() => void) | undefined;
  readonly #waiting: (() => void)[] = [];

  request(_: string, { steal = false, signal }: LockOptions, callback: () => Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      const run = () => {
        const own = (this.#break = () => reject(new DOMException("stolen", "AbortError")));
        void callback().then(() => {
          resolve();
          if (this.#break !== own) return;
          this.#break = undefined;
          this.#waiting.shift()?.();
        });
      };
      signal?.addEventListener("abort", () => {
        const index = this.#waiting.indexOf(run);
        if (index >= 0) this.#waiting.splice(index, 1);
        reject(signal.reason);
      });
      if (steal) this.#break?.();
      if (steal || !this.#break) run();
      else this.#waiting.push(run);
    });
  }
}

/** A fake server. It records the change number after which each connection was opened; the open ones can send a change or fail. */
class Server {
  readonly opened: number[] = [];
  readonly connections = new Set<{ send: (change: Change) => void; fail: (error: Error) => void }>();

  async *watchChanges(after: number, { signal, onState }: WatchOptions = {}) {
    this.opened.push(after);
    const changes: Change[] = [];
    let failure: unknown;
    let wake = () => {};
    const connection = {
      send: (change: Change) => void (changes.push(change), wake()),
      fail: (error: Error) => void ((failure = error), wake()),
    };
    this.connections.add(connection);
    signal?.addEventListener("abort", () => void ((failure = signal.reason), wake()));
    onState?.("live");
    try {
      for (;;) {
        if (failure) throw failure;
        const change = changes.shift();
        if (change) yield change;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      this.connections.delete(connection);
    }
  }

  broadcast(seq: number): void {
    for (const { send } of this.connections) send(changeOf(seq));
  }
}

const changeOf = (seq: number): Change => ({ seq, kind: "task", id: `task-${seq}`, data: null });

class Page extends EventTarget {
  hidden = false;

  setHidden(hidden: boolean): void {
    this.hidden = hidden;
    this.dispatchEvent(new Event("visibilitychange"));
  }
}

describe("tabs of one user", () => {
  let server: Server;
  let user: string;
  let open: AbortController[];
  beforeEach(() => {
    vi.stubGlobal("navigator", { locks: new Locks() });
    server = new Server();
    user = `user-${Math.random()}`;
    open = [];
  });
  afterEach(() => {
    for (const tab of open) tab.abort();
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  function openTab(after: number, hidden = false) {
    const page = new Page();
    page.hidden = hidden;
    vi.stubGlobal("document", page);
    const closed = new AbortController();
    open.push(closed);
    const seen: number[] = [];
    const states: WatchState[] = [];
    const onState = (state: WatchState) => void states.push(state);
    const ended = watchShared(server, user, after, { signal: closed.signal, onState, onChange: ({ seq }) => void seen.push(seq) });
    ended.catch(() => {});
    return { page, seen, states, ended, close: () => closed.abort("closed") };
  }

  test("share one connection, held by the tab shown last", async () => {
    const first = openTab(4);
    await eventually(() => expect(server.opened).toEqual([4]));
    const second = openTab(4);
    await eventually(() => expect(server.opened).toEqual([4, 4]));
    await eventually(() => expect(server.connections.size).toBe(1));
    server.broadcast(5);
    server.broadcast(7);
    for (const { seen } of [first, second]) await eventually(() => expect(seen).toEqual([5, 7]));
    expect(first.states).toContain("live");

    first.page.setHidden(true);
    first.page.setHidden(false);
    await eventually(() => expect(server.opened).toEqual([4, 4, 7]));
    await eventually(() => expect(server.connections.size).toBe(1));
  });

  test("take over the connection of a closed tab, after their last change", async () => {
    const first = openTab(4);
    const second = openTab(4);
    await eventually(() => expect(server.connections.size).toBe(1));
    server.broadcast(5);
    await eventually(() => expect(first.seen).toEqual([5]));
    second.close();
    expect(await rejection(second.ended)).toBe("closed");
    await eventually(() => expect(server.opened).toEqual([4, 4, 5]));
    server.broadcast(6);
    await eventually(() => expect(first.seen).toEqual([5, 6]));
  });

  test("take the connection when they have missed a change", async () => {
    openTab(9);
    const behind = openTab(9, true);
    await eventually(() => expect(server.connections.size).toBe(1));
    const channel = new BroadcastChannel(`tasklane.changes.${user}`);
    channel.postMessage({ from: 12, change: changeOf(13) });
    await eventually(() => expect(server.opened).toEqual([9, 9]));
    channel.close();
    server.broadcast(10);
    await eventually(() => expect(behind.seen).toEqual([10]));
  });

  test("take the connection back from a newer tab that starts after a change which they have missed", async () => {
    const first = openTab(4);
    await eventually(() => expect(server.opened).toEqual([4]));
    openTab(6);
    await eventually(() => expect(server.opened).toEqual([4, 6, 4]));
    await eventually(() => expect(server.connections.size).toBe(1));
    server.broadcast(5);
    server.broadcast(6);
    await eventually(() => expect(first.seen).toEqual([5, 6]));
  });

  test("handle the change of a tab that has just taken the connection", async () => {
    const first = openTab(4);
    await eventually(() => expect(server.connections.size).toBe(1));
    // The first tab does not know yet that it has lost the lock.
    const channel = new BroadcastChannel(`tasklane.changes.${user}`);
    channel.postMessage({ from: 4, change: changeOf(5) });
    await eventually(() => expect(first.seen).toEqual([5]));
    channel.close();
    server.broadcast(5);
    server.broadcast(6);
    await eventually(() => expect(first.seen).toEqual([5, 6]));
  });

  test("close the connection a minute after all are hidden, and resume when one is shown", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const { page, seen } = openTab(4);
    await vi.waitFor(() => expect(server.connections.size).toBe(1));
    server.broadcast(5);
    await vi.waitFor(() => expect(seen).toEqual([5]));
    page.setHidden(true);
    vi.advanceTimersByTime(59_000);
    expect(server.connections.size).toBe(1);
    vi.advanceTimersByTime(2_000);
    await vi.waitFor(() => expect(server.connections.size).toBe(0));
    page.setHidden(false);
    await vi.waitFor(() => expect(server.opened).toEqual([4, 5]));
  });

  test("take no connection after a minute in which they are hidden, even if they have missed a change", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const { page } = openTab(4);
    await vi.waitFor(() => expect(server.connections.size).toBe(1));
    page.setHidden(true);
    vi.advanceTimersByTime(61_000);
    await vi.waitFor(() => expect(server.connections.size).toBe(0));
    const shown = openTab(9);
    await vi.waitFor(() => expect(server.opened).toEqual([4, 9]));
    const channel = new BroadcastChannel(`tasklane.changes.${user}`);
    const received = new Promise((resolve) => channel.addEventListener("message", resolve, { once: true }));
    server.broadcast(10);
    await received;
    await new Promise((resolve) => setImmediate(resolve));
    channel.close();
    expect(shown.seen).toEqual([10]);
    expect(server.opened).toEqual([4, 9]);
    page.setHidden(false);
    await vi.waitFor(() => expect(server.opened).toEqual([4, 9, 4]));
  });

  test("each get the error that ends the connection", async () => {
    const tabs = [openTab(4), openTab(4)];
    for (const _ of tabs) {
      await eventually(() => expect(server.connections.size).toBe(1));
      for (const { fail } of server.connections) fail(new Error("session ended"));
      await eventually(() => expect(server.connections.size).toBeLessThanOrEqual(1));
    }
    for (const { ended } of tabs) expect(await rejection(ended)).toMatchObject({ message: "session ended" });
  });

  test.for([
    ["has no locks", undefined],
    ["denies them", { request: () => Promise.reject(new DOMException("denied", "SecurityError")) }],
  ])("have a connection each where the browser %s", async ([, locks]) => {
    vi.stubGlobal("navigator", { locks });
    openTab(4);
    openTab(4);
    await eventually(() => expect(server.connections.size).toBe(2));
  });
});
