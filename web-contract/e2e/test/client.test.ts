import { InfiniteQueryObserver, MutationObserver, QueryClient } from "@tanstack/react-query";
import { createClient, isApiError, type Change, type Task, type WatchState } from "@tasklane/web-contract";
import { createMutations, createQueries, feedChanges, isDraft, type TaskFilters } from "@tasklane/web-contract/react";
import { describe, expect, inject, test, type TestContext } from "vitest";
import { runStatement } from "../src/database.js";
import { eventually } from "../src/eventually.js";
import { cookieHeader, newUser, type Visitor } from "../src/visitor.js";

/** Returns the error of a call, which must fail. */
async function rejection(call: Promise<unknown>): Promise<unknown> {
  const [outcome] = await Promise.allSettled([call]);
  if (outcome.status === "fulfilled") expect.fail("the call did not fail");
  return outcome.reason;
}

/** A page without a browser: a query cache, an observed list, and live changes. */
async function openPage({ onTestFinished }: TestContext, { api }: Visitor, filters: TaskFilters = {}) {
  const queryClient = new QueryClient();
  const options = createQueries(api).tasks(filters);
  const observer = new InfiniteQueryObserver(queryClient, options);
  const closed = new AbortController();
  const close = observer.subscribe(() => {});
  onTestFinished(() => {
    closed.abort();
    close();
    queryClient.clear();
  });
  await queryClient.fetchInfiniteQuery({ ...options, staleTime: Infinity });
  const states: WatchState[] = [];
  feedChanges(queryClient, api, closed.signal, (state) => states.push(state)).catch(() => {});
  await eventually(() => expect(states).toContain("live"));
  const list = () => queryClient.getQueryData(options.queryKey)!.pages.flatMap((page) => page.items);
  return { queryClient, list, mutations: createMutations(api) };
}

describe.concurrent("the client, with the real bff,", () => {
  test("creates, changes, lists, counts and erases tasks", async () => {
    const { api } = await newUser();
    const plants = await api.createTask({ title: "Water the plants", tags: ["home"] });
    expect(await api.getTask(plants.id)).toEqual(plants);
    const done = await api.updateTask(plants.id, { completed: true }, { version: plants.version });
    expect(done).toMatchObject({ completed: true, version: plants.version + 1 });
    const replaced = await api.replaceTask(plants.id, { title: "Water the plants" });
    expect(replaced).toMatchObject({ completed: false, tags: [] });

    const [trashed, call] = await api.batch([
      { op: "delete", kind: "task", id: plants.id, version: replaced.version },
      { op: "create", kind: "task", data: { title: "Call Grace" } },
    ]);
    expect(await api.listTasks({ deleted: true })).toMatchObject({ items: [trashed?.data], nextCursor: null });
    expect(await api.restoreTask(plants.id)).toMatchObject({ deletedAt: null });
    expect(await api.getTaskStats({ timeZone: "Europe/Berlin" })).toMatchObject({ open: 2, undated: 2 });
    expect(await api.getAgenda({ days: 2 })).toMatchObject({ overdue: [], days: [{}, {}], undated: 2 });
    const { tasks, stats, changes, failures } = await api.getBootstrap();
    expect([tasks?.length, stats?.open, failures]).toEqual([2, 2, []]);

    await api.eraseTask(call!.data.id);
    expect(await api.listChanges({ after: changes! })).toMatchObject({
      changes: [{ kind: "task", id: call!.data.id, data: null }],
      hasMore: false,
    });
  });

  test("iterates over all pages of a list", async () => {
    const { api } = await newUser();
    const titles = Array.from({ length: 25 }, (_, number) => `Task ${String(number).padStart(2, "0")}`);
    await api.batch(titles.map((title) => ({ op: "create", kind: "task", data: { title } })));
    const seen: Task[] = [];
    for await (const task of api.tasks({ sort: "title", limit: 10 })) seen.push(task);
    expect(seen.map(({ title }) => title)).toEqual(titles);
  });

  test("gets the details that each error code promises", async () => {
    const { api } = await newUser();
    const task = await api.createTask({ title: "Water the plants" });
    const newer = await api.updateTask(task.id, { priority: "high" });
    const conflict = await rejection(api.updateTask(task.id, { title: "Mine" }, { version: task.version }));
    expect(isApiError(conflict, "version_conflict") && conflict.current).toEqual({ kind: "task", data: newer });
    const invalid = await rejection(api.createTask({ title: " " }));
    expect(isApiError(invalid, "invalid") && invalid.errors).toMatchObject([{ field: "title" }]);
  });

  test("writes once for all requests with the same idempotency key", async () => {
    const { api } = await newUser();
    const call = { idempotencyKey: "one" };
    const [first, second] = await Promise.all([1, 2].map(() => api.createTask({ title: "Once" }, call)));
    expect(second).toEqual(first);
    expect((await api.listTasks()).items).toEqual([first]);
  });

  test("acts for a user whose cookie a server passes on", async () => {
    const user = await newUser();
    const task = await user.api.createTask({ title: "Water the plants" });
    const cookie = cookieHeader(user.cookies);
    const api = createClient({ baseUrl: inject("stack").url, cookie });
    expect((await api.listTasks()).items).toEqual([task]);
    expect(await api.createTask({ title: "From the server" })).toMatchObject({ version: 1 });
  });

  test("does not renew the session when a server calls, so that the browser can", async () => {
    const user = await newUser();
    // The session began more than a day ago, so it is due for renewal.
    const statement = `UPDATE session SET "expiresAt" = "expiresAt" - interval '25 hours' WHERE "userId" = (SELECT id FROM "user" WHERE email = $1)`;
    await runStatement(inject("stack").authDatabase, statement, user.account.email);
    const cookie = cookieHeader(user.cookies);
    await createClient({ baseUrl: inject("stack").url, cookie }).listTasks();
    await user.api.listTasks();
    expect(user.responses.at(-1)).toContain("better-auth.session_token=");
  });

  test("watches changes from a list's cursor until the session ends", async () => {
    const { api, auth } = await newUser();
    const { changes } = await api.listTasks();
    const task = await api.createTask({ title: "Before" });
    const seen: Change[] = [];
    const watching = (async () => {
      for await (const change of api.watchChanges(changes)) {
        seen.push(change);
        if (seen.length === 1) await api.updateTask(task.id, { title: "After" });
        if (seen.length === 2) await auth.signOut();
      }
    })();
    expect(await rejection(watching)).toMatchObject({ status: 401 });
    expect(seen.map((change) => (change.data as Task | null)?.title)).toEqual(["Before", "After"]);
    expect(seen[0]!.seq).toBeLessThan(seen[1]!.seq);
  });
});

describe.concurrent("the React part, with the real bff,", () => {
  test("shows on one page what was written on another", async (context) => {
    const user = await newUser();
    const [mine, theirs] = await Promise.all([openPage(context, user), openPage(context, user)]);
    const create = new MutationObserver(mine.queryClient, mine.mutations.createTask());
    const creating = create.mutate({ title: "Water the plants" });
    await eventually(() => expect(mine.list()).toMatchObject([{ title: "Water the plants" }]));
    const task = await creating;
    expect(isDraft(task)).toBe(false);
    await eventually(() => expect(theirs.list()).toEqual([task]));

    const remove = new MutationObserver(theirs.queryClient, theirs.mutations.deleteTask());
    await remove.mutate({ id: task.id });
    await eventually(() => expect(mine.list()).toEqual([]));
  });

  test("keeps cached lists as the server would return them", async (context) => {
    const user = await newUser();
    const filters = { completed: false, sort: "-priority" } as const;
    const page = await openPage(context, user, filters);
    const priorities = ["low", "urgent", "none", "high", "medium", "high"] as const;
    const create = page.mutations.createTask();
    for (const priority of priorities) {
      await new MutationObserver(page.queryClient, create).mutate({ title: `A ${priority} one`, priority });
    }
    const [first, second] = page.list();
    const update = new MutationObserver(page.queryClient, page.mutations.updateTask());
    await update.mutate({ id: first!.id, changes: { priority: "none" } });
    await new MutationObserver(page.queryClient, page.mutations.completeTask()).mutate({
      id: second!.id,
      completed: true,
    });
    expect(page.list()).toEqual((await user.api.listTasks(filters)).items);
    expect(page.list().length).toBe(5);
  });
});
