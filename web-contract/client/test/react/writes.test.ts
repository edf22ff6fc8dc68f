import {
  InfiniteQueryObserver,
  MutationObserver,
  QueryClient,
  QueryObserver,
  type MutationOptions,
} from "@tanstack/react-query";
import { describe, expect } from "vitest";
import { isApiError, isTransient, type Task } from "../../src/index.js";
import {
  createMutations,
  createQueries,
  draftId,
  isDraft,
  itemKey,
  newKey,
  taskKeys,
  type TaskFilters,
  type TaskPages,
} from "../../src/react/index.js";
import { eventually, rejection } from "../server.js";
import { taskOf, test, type Page } from "./backend.js";

/** Starts a write and returns its outcome. */
function write<Data, Variables>(
  { queryClient }: Page,
  options: MutationOptions<Data, Error, Variables>,
  variables: Variables,
) {
  const outcome = new MutationObserver(queryClient, options).mutate(variables);
  outcome.catch(() => {});
  return outcome;
}

/** Shows a list on the page, and returns a function that reads its tasks. */
async function showList({ client, queryClient }: Page, filters: TaskFilters = {}): Promise<() => Task[]> {
  const observer = new InfiniteQueryObserver(queryClient, createQueries(client).tasks(filters));
  observer.subscribe(() => {});
  await queryClient.fetchInfiniteQuery({ ...createQueries(client).tasks(filters), staleTime: Infinity });
  return () => queryClient.getQueryData<TaskPages>(taskKeys.list(filters))!.pages.flatMap((page) => page.items);
}

const titles = (tasks: Task[]) => tasks.map(({ title }) => title);

/** Resolves when a write is shown, before any response. */
const shown = () => new Promise((resolve) => setImmediate(resolve));

describe.concurrent("a write", () => {
  test("that moves a task waits for the move of its neighbor", async ({ open }) => {
    const page = await open({ id: "a", position: "A" }, { id: "b", position: "B" }, { id: "c", position: "C" });
    await showList(page, { sort: "position" });
    const mutations = createMutations(page.client);
    const held = page.backend.hold("POST /api/tasks/a/move");
    const first = write(page, mutations.moveTask(), { id: "a", to: { after: "c" } });
    const second = write(page, mutations.moveTask(), { id: "b", to: { after: "a" } });
    await held.arrived;
    expect(page.backend.count("POST /api/tasks/b/move")).toBe(0);
    held.respond();
    await Promise.all([first, second]);
    expect(await second).toMatchObject({ position: "CVV" });
  });

  test("that moves a task shows at once, and waits until a draft beside it is created", async ({ open }) => {
    const page = await open({ id: "a", position: "A" }, { id: "b", position: "B" });
    const list = await showList(page, { sort: "position" });
    const mutations = createMutations(page.client);
    const ids = () => list().map(({ id }) => id);

    const held = page.backend.hold("POST /api/tasks/a/move");
    const moving = write(page, mutations.moveTask(), { id: "a", to: { after: "b" } });
    await held.arrived;
    expect(ids()).toEqual(["b", "a"]);
    held.respond();
    expect(await moving).toMatchObject({ position: "BV" });
    expect(ids()).toEqual(["b", "a"]);

    const key = newKey();
    const creating = page.backend.hold("POST /api/tasks");
    const created = write(page, { ...mutations.createTask(), meta: { idempotencyKey: key } }, { title: "New" });
    const moved = write(page, mutations.moveTask(), { id: "b", to: { after: draftId(key) } });
    await creating.arrived;
    expect(ids()).toEqual(["a", draftId(key), "b"]);
    creating.respond();
    await Promise.all([created, moved]);
    expect(page.backend.received.at(-1)?.body).toContain('"after":"new-1"');
  });

  test("shows at once in every list, and ends as the server's version", async ({ open }) => {
    const page = await open({ id: "a", title: "One" });
    const [all, done, trash] = [
      await showList(page),
      await showList(page, { completed: true }),
      await showList(page, { deleted: true }),
    ];
    const mutations = createMutations(page.client);

    const held = page.backend.hold("PATCH");
    const completing = write(page, mutations.completeTask(), { id: "a", completed: true });
    await held.arrived;
    expect(done()).toEqual([
      expect.objectContaining({ id: "a", completed: true, completedAt: expect.any(String), version: 1 }),
    ]);
    held.respond();
    await completing;
    expect(done()).toEqual([page.backend.tasks.get("a")]);

    await write(page, mutations.deleteTask(), { id: "a" });
    expect([all(), done(), titles(trash())]).toEqual([[], [], ["One"]]);
    await write(page, mutations.restoreTask(), { id: "a" });
    expect([titles(all()), titles(done()), trash()]).toEqual([["One"], ["One"], []]);
    await write(page, mutations.replaceTask(), { id: "a", data: { title: "Two" } });
    expect([titles(all()), done()]).toEqual([["Two"], []]);
    await write(page, mutations.eraseTask(), { id: "a" });
    expect([all(), trash()]).toEqual([[], []]);
  });

  test("that is repeated with its key after a reload is the same write with the same draft", async ({ open }) => {
    const page = await open();
    const settings = { meta: { idempotencyKey: newKey() } };
    const create = () => write(page, createMutations(page.client).createTask(settings), { title: "One" });
    const list = await showList(page);
    const held = page.backend.hold("POST");
    const creating = create();
    await held.arrived;
    expect(list()).toMatchObject([{ id: draftId(settings.meta.idempotencyKey), title: "One" }]);
    held.respond();
    await creating;
    await create();
    const keys = page.backend.received.map(({ headers }) => headers["idempotency-key"]).filter(Boolean);
    expect(keys).toEqual([settings.meta.idempotencyKey, settings.meta.idempotencyKey]);
  });

  test("that fails rolls back its own change and no other", async ({ open }) => {
    const page = await open({ id: "a", title: "One" });
    const list = await showList(page);
    const mutations = createMutations(page.client);
    const first = page.backend.hold("PATCH");
    const renaming = write(page, mutations.updateTask(), { id: "a", changes: { title: "Two", priority: "high" } });
    await first.arrived;
    const second = page.backend.hold("PATCH");
    const completing = write(page, mutations.completeTask(), { id: "a", completed: true });
    await shown();
    expect(list()).toMatchObject([{ title: "Two", priority: "high", completed: true }]);

    first.reject(500, "internal");
    expect(await rejection(renaming)).toMatchObject({ code: "internal" });
    expect(list()).toMatchObject([{ title: "One", priority: "none", completed: true }]);
    await second.arrived;
    second.respond();
    await completing;
    expect(list()).toEqual([page.backend.tasks.get("a")]);
  });

  test("shows on a task of a page that was rendered on the server", async ({ open }) => {
    const page = await open({ id: "a", title: "One" });
    const read = await page.queryClient.fetchInfiniteQuery(createQueries(page.client).tasks());
    const queryClient = new QueryClient();
    queryClient.setQueryData(taskKeys.list(), read);
    const days = [{ date: "2026-11-23", tasks: [taskOf({ id: "a" }), taskOf({ id: "b" })], occurrences: [] }];
    queryClient.setQueryData(taskKeys.agenda(), { overdue: [], days });
    const held = page.backend.hold("PATCH");
    const renaming = write({ ...page, queryClient }, createMutations(page.client).updateTask(), {
      id: "a",
      changes: { title: "Two" },
    });
    await held.arrived;
    const list = () => titles(queryClient.getQueryData<TaskPages>(taskKeys.list())!.pages[0]!.items);
    expect(list()).toEqual(["Two"]);
    expect(queryClient.getQueryData(taskKeys.agenda())).toMatchObject({
      days: [{ tasks: [{ title: "Two" }, { id: "b" }] }],
    });
    held.reject(422, "invalid");
    await rejection(renaming);
    expect(list()).toEqual(["One"]);
    queryClient.clear();
  });

  test("to a task that is gone reads the lists again", async ({ open }) => {
    const page = await open({ id: "a", title: "One" });
    const list = await showList(page);
    page.backend.tasks.delete("a");
    await rejection(write(page, createMutations(page.client).completeTask(), { id: "a", completed: true }));
    await eventually(() => expect(list()).toEqual([]));
  });

  test("to a task waits for the previous one", async ({ open }) => {
    const page = await open({ id: "a" }, { id: "b" });
    const mutations = createMutations(page.client);
    const held = page.backend.hold("PATCH /api/tasks/a");
    const first = write(page, mutations.updateTask(), { id: "a", changes: { title: "One" } });
    await held.arrived;
    const second = write(page, mutations.updateTask(), { id: "a", changes: { title: "Two" } });
    await write(page, mutations.updateTask(), { id: "b", changes: { title: "Three" } });
    expect(page.backend.count("PATCH /api/tasks/a")).toBe(1);
    held.respond();
    await Promise.all([first, second]);
    expect(page.backend.tasks.get("a")?.title).toBe("Two");
  });

  test("survives a read that started before it and ended after it", async ({ open }) => {
    const page = await open({ id: "a", title: "One" }, { id: "b", title: "Kept" });
    const list = await showList(page, { completed: false });
    const late = page.backend.hold("GET /api/tasks?");
    const reading = page.queryClient.invalidateQueries({ queryKey: taskKeys.lists });
    await late.arrived;
    const mutations = createMutations(page.client);
    await write(page, mutations.completeTask(), { id: "a", completed: true });
    await write(page, mutations.createTask(), { title: "New" });
    const held = page.backend.hold("PATCH");
    const renaming = write(page, mutations.updateTask(), { id: "b", changes: { title: "Renamed" } });
    await held.arrived;
    late.respond();
    await reading;
    expect(titles(list())).toEqual(["New", "Renamed"]);
    held.respond();
    await renaming;
    expect(titles(list())).toEqual(["New", "Renamed"]);
  });

  test("has one key for all its retries", async ({ open }) => {
    const page = await open({ id: "a" });
    const list = await showList(page);
    const [first, second] = [page.backend.hold("PATCH"), page.backend.hold("PATCH")];
    const { updateTask } = createMutations(page.client);
    const options = updateTask({ retry: (_, error) => isTransient(error), retryDelay: 0 });
    const renaming = write(page, options, { id: "a", changes: { title: "Two" } });
    for (const held of [first, second]) {
      await held.arrived;
      held.reject(502, "bad_gateway");
    }
    expect(titles(list())).toEqual(["Two"]);
    await renaming;
    const keys = page.backend.received
      .filter(({ method }) => method === "PATCH")
      .map(({ headers }) => headers["idempotency-key"]);
    expect(keys.length).toBe(3);
    expect(new Set(keys).size).toBe(1);
  });

  test("of several tasks shows and rolls back as one", async ({ open }) => {
    const page = await open({ id: "a", title: "One" }, { id: "b", title: "Two" }, { id: "c", title: "Three" });
    const openTasks = await showList(page, { completed: false });
    const { batch } = createMutations(page.client);
    const operations = [
      { op: "update", kind: "task", id: "a", changes: { completed: true } },
      { op: "delete", kind: "task", id: "b" },
      { op: "create", kind: "task", data: { title: "Four" } },
    ] as const;
    const held = page.backend.hold("POST /api/batch");
    const failing = write(page, batch(), [...operations]);
    await held.arrived;
    expect(titles(openTasks())).toEqual(["Four", "Three"]);
    held.reject(404, "task_not_found");
    await rejection(failing);
    expect(titles(openTasks()).toSorted()).toEqual(["One", "Three", "Two"]);
    await write(page, batch(), [...operations]);
    expect(titles(openTasks()).toSorted()).toEqual(["Four", "Three"]);
  });

  test("of several tasks may restore and erase, and get unknown kinds in its response", async ({ open }) => {
    const page = await open(
      { id: "a", title: "One", deletedAt: "2026-11-23T10:00:00Z" },
      { id: "b", title: "Two", deletedAt: "2026-11-23T10:00:00Z" },
    );
    const [all, trash] = [await showList(page), await showList(page, { deleted: true })];
    page.backend.unknown = [{ kind: "note", data: { id: "note-1", name: "Home", version: 1 } }];
    const held = page.backend.hold("POST /api/batch");
    const writing = write(page, createMutations(page.client).batch(), [
      { op: "restore", kind: "task", id: "a" },
      { op: "erase", kind: "task", id: "b" },
    ]);
    await held.arrived;
    expect([titles(all()), titles(trash())]).toEqual([["One"], []]);
    held.respond();
    await writing;
    expect([all(), trash()]).toEqual([[page.backend.tasks.get("a")], []]);
  });

  test("refetches only what the server alone can compute", async ({ open }) => {
    const page = await open({ id: "a" });
    await showList(page);
    await showList(page, { q: "plants" });
    const observer = new QueryObserver(page.queryClient, createQueries(page.client).stats());
    observer.subscribe(() => {});
    await eventually(() => expect(page.backend.count("GET /api/tasks/stats")).toBe(1));
    await write(page, createMutations(page.client).updateTask(), { id: "a", changes: { title: "Two" } });
    await eventually(() => expect(page.backend.count("GET /api/tasks/stats")).toBe(2));
    await eventually(() => expect(page.backend.count("GET /api/tasks?q=plants")).toBe(2));
    expect(page.backend.received.filter(({ url }) => url === "/api/tasks").length).toBe(1);
  });

  test("shows in a single task and in an agenda, too", async ({ open }) => {
    const page = await open({ id: "a", title: "One" });
    const queries = createQueries(page.client);
    const agenda = () => page.queryClient.getQueryData(queries.agenda().queryKey)?.days[0]?.tasks;
    await Promise.all([page.queryClient.fetchQuery(queries.task("a")), page.queryClient.fetchQuery(queries.agenda())]);
    const mutations = createMutations(page.client);
    const held = page.backend.hold("PATCH");
    const renaming = write(page, mutations.updateTask(), { id: "a", changes: { title: "Two" } });
    await held.arrived;
    expect(page.queryClient.getQueryData(queries.task("a").queryKey)).toMatchObject({ title: "Two" });
    expect(agenda()).toMatchObject([{ title: "Two" }]);
    held.respond();
    await renaming;
    await write(page, mutations.completeTask(), { id: "a", completed: true });
    expect(agenda()).toEqual([]);
  });
});

describe.concurrent("a new task", () => {
  test("is a draft until the server has created it, and keeps its key", async ({ open }) => {
    const page = await open({ id: "a", title: "Old" });
    const list = await showList(page);
    const held = page.backend.hold("POST");
    const creating = write(page, createMutations(page.client).createTask(), { title: " New ", tags: ["home"] });
    await held.arrived;
    const [draft] = list();
    expect(titles(list())).toEqual(["New", "Old"]);
    expect(isDraft(draft!)).toBe(true);
    held.respond();
    const task = await creating;
    expect(list()[0]).toEqual(task);
    expect(isDraft(task)).toBe(false);
    expect(itemKey(page.queryClient, task)).toBe(draft!.id);
  });

  test("that was rejected disappears, and fails the writes that waited for it", async ({ open }) => {
    const page = await open();
    const list = await showList(page);
    const held = page.backend.hold("POST");
    const creating = write(page, createMutations(page.client).createTask(), { title: "New" });
    await held.arrived;
    const editing = write(page, createMutations(page.client).completeTask(), { id: list()[0]!.id, completed: true });
    held.reject(422, "invalid");
    await rejection(creating);
    expect(await rejection(editing)).toMatchObject({ message: "Creating the resource failed." });
    expect(list()).toEqual([]);
  });

  test("can be changed while it is a draft", async ({ open }) => {
    const page = await open();
    const list = await showList(page);
    const mutations = createMutations(page.client);
    const held = page.backend.hold("POST");
    const creating = write(page, mutations.createTask(), { title: "New" });
    await held.arrived;
    const [draft] = list();
    const renaming = write(page, mutations.updateTask(), {
      id: draft!.id,
      changes: { title: "Newer" },
      version: draft!.version,
    });
    await shown();
    expect(titles(list())).toEqual(["Newer"]);
    const patch = page.backend.hold("PATCH");
    held.respond();
    await creating;
    await patch.arrived;
    expect(list()).toMatchObject([{ id: "new-1", title: "Newer" }]);
    const completing = write(page, mutations.completeTask(), { id: "new-1", completed: true });
    for (let reading = 0; reading < 5; reading++) await page.client.getTask("new-1");
    expect(page.backend.count("PATCH")).toBe(1);
    patch.respond();
    await Promise.all([renaming, completing]);
    expect(list()).toEqual([page.backend.tasks.get("new-1")]);
  });

  test("is listed once if a read returns it before its own response arrives", async ({ open }) => {
    const page = await open({ id: "a", title: "Old" });
    const list = await showList(page);
    const first = page.backend.hold("POST");
    const { createTask } = createMutations(page.client);
    const creating = write(page, createTask(), { title: "Milk" });
    await first.arrived;
    // The server has created it, but the response is still in flight.
    const change = page.backend.change({ id: "new-1", title: "Milk" });
    await page.queryClient.refetchQueries({ queryKey: taskKeys.lists });
    expect(titles(list())).toEqual(["Milk", "Old"]);
    expect(isDraft(list()[0]!)).toBe(true);
    page.backend.tasks.delete(change.id);
    first.respond();
    await creating;
    expect(list()).toMatchObject([{ id: "new-1", title: "Milk" }, { id: "a" }]);
  });

  test("does not replace another new task with the same title", async ({ open }) => {
    const page = await open();
    const list = await showList(page);
    const held = page.backend.hold("POST");
    const creating = write(page, createMutations(page.client).createTask(), { title: "Milk" });
    await held.arrived;
    page.backend.change({ id: "other", title: "Milk" });
    await page.queryClient.refetchQueries({ queryKey: taskKeys.lists });
    expect(list().length).toBe(1);
    held.respond();
    await creating;
    expect(list().map(({ id }) => id)).toEqual(["new-1", "other"]);
  });
});

describe.concurrent("a version", () => {
  test("that somebody else has changed is a conflict, and theirs is shown", async ({ open }) => {
    const page = await open({ id: "a", title: "One", version: 3 });
    const list = await showList(page);
    page.backend.change({ id: "a", title: "Theirs" });
    const { updateTask } = createMutations(page.client);
    const error = await rejection(write(page, updateTask(), { id: "a", changes: { title: "Mine" }, version: 3 }));
    if (!isApiError(error, "version_conflict")) throw error;
    expect(error.current).toMatchObject({ kind: "task", data: { title: "Theirs", version: 4 } });
    expect(titles(list())).toEqual(["Theirs"]);
    await write(page, updateTask(), { id: "a", changes: { title: "Mine" }, version: error.current.data.version });
    expect(titles(list())).toEqual(["Mine"]);
  });

  test("that only this page has changed is no conflict", async ({ open }) => {
    const page = await open({ id: "a", version: 3 });
    await showList(page);
    const { updateTask, completeTask } = createMutations(page.client);
    await write(page, completeTask(), { id: "a", completed: true });
    await write(page, updateTask(), { id: "a", changes: { title: "Mine" }, version: 3 });
    expect(page.backend.tasks.get("a")).toMatchObject({ title: "Mine", completed: true, version: 5 });
  });

  test("that only this page has changed is no conflict, also if the server composes the letters", async ({ open }) => {
    const page = await open({ id: "a", version: 3 });
    await showList(page);
    const { updateTask } = createMutations(page.client);
    await write(page, updateTask(), { id: "a", changes: { title: "Cafe\u0301" } });
    expect(page.backend.tasks.get("a")).toMatchObject({ title: "Caf\u00e9" });
    await write(page, updateTask(), { id: "a", changes: { title: "Mine" }, version: 3 });
    expect(page.backend.tasks.get("a")).toMatchObject({ title: "Mine", version: 5 });
  });

  test("that only a batch of this page has changed is no conflict", async ({ open }) => {
    const page = await open({ id: "a", version: 3 });
    await showList(page);
    const { updateTask, batch } = createMutations(page.client);
    await write(page, batch(), [{ op: "update", kind: "task", id: "a", changes: { completed: true } }]);
    await write(page, updateTask(), { id: "a", changes: { title: "Mine" }, version: 3 });
    expect(page.backend.tasks.get("a")).toMatchObject({ title: "Mine", completed: true, version: 5 });
  });

  test("that this page and somebody else have changed is a conflict", async ({ open }) => {
    const page = await open({ id: "a", version: 3 });
    await showList(page);
    const { updateTask, completeTask } = createMutations(page.client);
    page.backend.change({ id: "a", description: "Theirs" });
    await write(page, completeTask(), { id: "a", completed: true });
    const saving = write(page, updateTask(), { id: "a", changes: { description: "Mine" }, version: 3 });
    expect(await rejection(saving)).toMatchObject({ code: "version_conflict" });
  });
});
