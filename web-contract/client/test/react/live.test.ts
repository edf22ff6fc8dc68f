import { MutationObserver, QueryClient } from "@tanstack/react-query";
import { afterEach, beforeEach, describe, expect, test as unit, vi } from "vitest";
import { createClient, type Client } from "../../src/index.js";
import {
  goesStale,
  createMutations,
  createQueries,
  feedChanges,
  prefetchBootstrap,
  taskKeys,
  type TaskPages,
} from "../../src/react/index.js";
import { refreshSoon } from "../../src/react/invalidation.js";
import { eventually, rejection, sendJson } from "../server.js";
import { Backend, taskOf, test, type Page } from "./backend.js";

/** Feeds live changes to a page until the signal aborts. */
async function feed({ queryClient, client, backend }: Page, signal: AbortSignal): Promise<string[]> {
  const states: string[] = [];
  feedChanges(queryClient, client, signal, (state) => states.push(state)).catch(() => {});
  await eventually(() => expect(backend.streams.length).toBe(1));
  return states;
}

const titlesOf = ({ queryClient }: Page) =>
  queryClient.getQueryData<TaskPages>(taskKeys.list())?.pages.flatMap((page) => page.items.map(({ title }) => title));

const readList = ({ queryClient, client }: Page) =>
  queryClient.fetchInfiniteQuery({ ...createQueries(client).tasks(), staleTime: Infinity });

describe("a live change", () => {
  let controller: AbortController;
  beforeEach(() => void (controller = new AbortController()));
  afterEach(() => controller.abort());

  test("shows, unless the page has a newer version", async ({ open }) => {
    const page = await open({ id: "a", title: "One" });
    await readList(page);
    await feed(page, controller.signal);
    const older = page.backend.change({ id: "a", title: "Two" });
    const newer = page.backend.change({ id: "a", title: "Three" });
    page.backend.broadcast(newer);
    page.backend.broadcast(page.backend.change({ id: "b", title: "Four", createdAt: "2026-11-23T09:00:00Z" }));
    await eventually(() => expect(titlesOf(page)).toEqual(["Four", "Three"]));
    page.backend.broadcast({ ...older, seq: ++page.backend.seq });
    page.backend.broadcast({ seq: ++page.backend.seq, kind: "note", id: "note-1", data: { id: "note-1", name: "Home" } });
    page.backend.broadcast({ seq: ++page.backend.seq, kind: "task", id: "b", data: null });
    await eventually(() => expect(titlesOf(page)).toEqual(["Three"]));
  });

  unit("that arrives with others is shown with them, in one update", async () => {
    const queryClient = new QueryClient();
    const items = ["a", "b", "c"].map((id) => taskOf({ id }));
    queryClient.setQueryData(taskKeys.list(), { pages: [{ items, nextCursor: null, changes: 1 }], pageParams: [undefined] });
    const client = {
      async *watchChanges() {
        for (const [index, { id }] of items.entries()) yield { seq: index + 2, kind: "task", id, data: taskOf({ id, completed: true, version: 2 }) };
        await new Promise((ended) => controller.signal.addEventListener("abort", ended));
      },
    } as unknown as Client;
    const shown = vi.spyOn(queryClient, "setQueryData");
    feedChanges(queryClient, client, controller.signal).catch(() => {});
    await eventually(() => expect(shown).toHaveBeenCalled());
    const list = queryClient.getQueryData<TaskPages>(taskKeys.list());
    expect(list?.pages[0]?.items.map(({ completed }) => completed)).toEqual([true, true, true]);
    expect(shown).toHaveBeenCalledOnce();
  });

  test("corrects the prediction that sub-tasks leave the trash with their task", async ({ open }) => {
    const gone = { deletedAt: "2026-11-23T09:00:00Z" };
    // Another program has deleted both in one batch, "b" with its own sub-task "c".
    const page = await open({ id: "a", ...gone }, { id: "b", parentId: "a", ...gone }, { id: "c", parentId: "b", ...gone }, { id: "d", parentId: "a", ...gone });
    await page.queryClient.fetchInfiniteQuery(createQueries(page.client).tasks({ deleted: true }));
    await readList(page);
    await feed(page, controller.signal);
    const ids = () => page.queryClient.getQueryData<TaskPages>(taskKeys.list())?.pages.flatMap(({ items }) => items.map(({ id }) => id).toSorted());
    const held = page.backend.hold("POST /api/tasks/a/restore");
    const restoring = new MutationObserver(page.queryClient, createMutations(page.client).restoreTask()).mutate({ id: "a" });
    await held.arrived;
    expect(ids()).toEqual(["a", "b", "c", "d"]);
    held.respond();
    const { version } = await restoring;
    expect(ids()).toEqual(["a", "b", "c", "d"]);
    page.backend.broadcast({ seq: ++page.backend.seq, kind: "task", id: "a", data: taskOf({ id: "a", version }) });
    page.backend.broadcast(page.backend.change({ id: "d", deletedAt: null }));
    await eventually(() => expect(ids()).toEqual(["a", "d"]));
  });

  test("is shown beneath a pending write, and remains when that write fails", async ({ open }) => {
    const page = await open({ id: "a", title: "One" });
    await readList(page);
    await feed(page, controller.signal);
    const held = page.backend.hold("PATCH");
    const options = createMutations(page.client).updateTask();
    const mutation = new MutationObserver(page.queryClient, options).mutate({ id: "a", changes: { title: "Mine" } });
    mutation.catch(() => {});
    await held.arrived;
    page.backend.broadcast(page.backend.change({ id: "a", title: "Theirs", priority: "high" }));
    const tasks = () => page.queryClient.getQueryData<TaskPages>(taskKeys.list())?.pages[0]?.items;
    await eventually(() => expect(tasks()).toMatchObject([{ title: "Mine", priority: "high", version: 2 }]));
    held.reject(500, "internal");
    await rejection(mutation);
    expect(tasks()).toMatchObject([{ title: "Theirs", priority: "high", version: 2 }]);
  });

  test("is requested from the cursor of the oldest list on the page", async ({ open }) => {
    const page = await open({ id: "a" });
    page.backend.seq = 30;
    await page.queryClient.fetchInfiniteQuery(createQueries(page.client).tasks({ completed: true }));
    page.backend.seq = 40;
    await readList(page);
    await feed(page, controller.signal);
    expect(page.backend.count("GET /api/events?after=30")).toBe(1);
  });

  test("that a slow read missed makes the list be read again", async ({ open }) => {
    const page = await open({ id: "a", title: "One" });
    const late = page.backend.hold("GET /api/tasks");
    const reading = readList(page);
    await late.arrived;
    page.backend.change({ id: "a", title: "Two" });
    await feed(page, controller.signal);
    late.respond();
    await reading;
    expect(titlesOf(page)).toEqual(["Two"]);
  });

  test("that the counts may have missed invalidates them", async ({ open }) => {
    const page = await open({ id: "a", title: "One" });
    const { queryKey } = createQueries(page.client).stats();
    page.queryClient.setQueryData(queryKey, { open: 0 } as never);
    await readList(page);
    await feed(page, controller.signal);
    await eventually(() => expect(page.queryClient.getQueryState(queryKey)?.isInvalidated).toBe(true));
  });

  test("that the server no longer has invalidates everything", async ({ open }) => {
    const page = await open({ id: "a", title: "One" });
    await readList(page);
    page.backend.change({ id: "a", title: "Two" });
    page.backend.oldest = 11;
    const states = await feed(page, controller.signal);
    await eventually(() => expect(states).toContain("live")); // the backend has the stream a little earlier
    expect(page.queryClient.getQueryState(taskKeys.list())?.isInvalidated).toBe(true);
    await readList(page);
    page.backend.broadcast(page.backend.change({ id: "a", title: "Three" }));
    await eventually(() => expect(titlesOf(page)).toEqual(["Three"]));
  });
});

test("a bootstrap fills the first list and the counts", async ({ serve }) => {
  const backend = new Backend();
  const stats = { open: 1 };
  const server = await serve((request, response) => {
    if (!request.url.startsWith("/api/bootstrap")) return backend.handle(request, response);
    const data = { user: {}, stats, tasks: [taskOf({ title: "One" })], nextCursor: "more", changes: 7, failures: [] };
    sendJson(response, 200, { success: true, data });
  });
  const queryClient = new QueryClient();
  const client = createClient({ baseUrl: server.url });
  await prefetchBootstrap(queryClient, client, { timeZone: "UTC" });
  expect(queryClient.getQueryData(createQueries(client).stats({ timeZone: "UTC" }).queryKey)).toEqual(stats);
  const list = await queryClient.fetchInfiniteQuery({ ...createQueries(client).tasks(), staleTime: Infinity });
  expect(list.pages).toMatchObject([{ items: [{ title: "One" }], nextCursor: "more", changes: 7 }]);
  expect(backend.received).toEqual([]);
  queryClient.clear();
});

test("a bootstrap that is older than the live changes fills no list", async ({ open, serve }) => {
  const page = await open({ id: "a", title: "One" });
  const server = await serve((_, response) => {
    const data = { tasks: [taskOf({ id: "a", title: "Old" })], nextCursor: null, changes: 9, failures: [] };
    sendJson(response, 200, { success: true, data });
  });
  const controller = new AbortController();
  await feed(page, controller.signal);
  await prefetchBootstrap(page.queryClient, createClient({ baseUrl: server.url }));
  controller.abort();
  await readList(page);
  expect(titlesOf(page)).toEqual(["One"]);
});

describe("after a change,", () => {
  unit.for<[readonly unknown[], boolean]>([
    [taskKeys.stats({ timeZone: "UTC" }), true],
    [taskKeys.agenda(), true],
    [taskKeys.list({ q: "plants" }), true],
    [taskKeys.list({ sort: "-title" }), true],
    [taskKeys.list({ tag: ["home"], sort: "dueAt" }), false],
    [taskKeys.item("a"), false],
    [taskKeys.session, false],
    [["something else", "stats"], false],
  ])("%j becomes stale: %s", ([queryKey, stale]) => expect(goesStale({ queryKey })).toBe(stale));

  unit("the counts are read once for several changes", () => {
    vi.useFakeTimers();
    const queryClient = new QueryClient();
    const invalidate = vi.spyOn(queryClient, "invalidateQueries");
    for (let change = 0; change < 3; change++) refreshSoon(queryClient);
    vi.advanceTimersByTime(1_000);
    refreshSoon(queryClient);
    vi.advanceTimersByTime(1_000);
    expect(invalidate).toHaveBeenCalledTimes(2);
    vi.useRealTimers();
  });
});
