import { once } from "node:events";
import { describe, expect } from "vitest";
import {
  ConnectionError,
  createClient,
  isApiError,
  isTransient,
  type Client,
  type Problem,
  type Task,
} from "../src/index.js";
import { rejection, sendJson, test } from "./server.js";

const task = { id: "019ac2f4-7b3c-7c1e-9a55-0d6f2b8e4c11", title: "Water the plants", version: 3 } as Task;

const notFound: Problem = {
  success: false,
  error: "Task not found.",
  code: "task_not_found",
  status: 404,
  title: "Not Found",
  requestId: "request-1",
};

describe.concurrent("each operation sends its own method and path:", () => {
  const path = `/api/tasks/${task.id}`;
  const cases: [string, (client: Client) => Promise<unknown>, string, object | undefined][] = [
    ["getSession", (client) => client.getSession(), "GET /api/session", undefined],
    ["getBootstrap", (client) => client.getBootstrap({ timeZone: "UTC" }), "GET /api/bootstrap?timeZone=UTC", undefined],
    ["getAgenda", (client) => client.getAgenda({ days: 3 }), "GET /api/agenda?days=3", undefined],
    ["listTasks", (client) => client.listTasks(), "GET /api/tasks", undefined],
    ["createTask", (client) => client.createTask({ title: "a" }), "POST /api/tasks", { title: "a" }],
    ["getTask", (client) => client.getTask(task.id), `GET ${path}`, undefined],
    ["replaceTask", (client) => client.replaceTask(task.id, { title: "a" }), `PUT ${path}`, { title: "a" }],
    ["updateTask", (client) => client.updateTask(task.id, { dueAt: null }), `PATCH ${path}`, { dueAt: null }],
    ["deleteTask", (client) => client.deleteTask(task.id), `DELETE ${path}`, undefined],
    ["eraseTask", (client) => client.eraseTask(task.id), `DELETE ${path}?permanent=true`, undefined],
    ["restoreTask", (client) => client.restoreTask(task.id), `POST ${path}/restore`, undefined],
    ["moveTask", (client) => client.moveTask(task.id, { after: null }), `POST ${path}/move`, { after: null }],
    [
      "batch",
      (client) => client.batch([{ op: "delete", kind: "task", id: task.id }]),
      "POST /api/batch",
      { operations: [{ op: "delete", kind: "task", id: task.id }] },
    ],
    ["listTaskOccurrences", (client) => client.listTaskOccurrences(task.id, { limit: 3 }), `GET ${path}/occurrences?limit=3`, undefined],
    ["getTaskStats", (client) => client.getTaskStats(), "GET /api/tasks/stats", undefined],
    ["listChanges", (client) => client.listChanges({ after: 7 }), "GET /api/changes?after=7", undefined],
  ];

  test.for(cases)("%s", async ([, call, target, body], { serve }) => {
    const server = await serve((_, response) => sendJson(response, 200, { success: true, data: target.includes("changes") ? [] : task, meta: {} }));
    await call(createClient({ baseUrl: server.url, retry: false }));

    const [request] = server.received;
    expect(`${request?.method} ${request?.url}`).toBe(target);
    expect(request?.headers.accept).toBe("application/json");
    expect(request?.headers["content-type"]).toBe(body && "application/json");
    expect(request?.headers["idempotency-key"] !== undefined).toBe(request?.method !== "GET");
    expect(request?.headers["if-match"]).toBeUndefined();
    expect(request?.body).toBe(body ? JSON.stringify(body) : "");
  });

  test("an id cannot change the path", async ({ serve }) => {
    const server = await serve((_, response) => sendJson(response, 200, { success: true, data: task }));
    await createClient({ baseUrl: server.url, retry: false }).getTask("../session?x=1");
    expect(server.received[0]?.url).toBe("/api/tasks/..%2Fsession%3Fx%3D1");
  });

  test("an origin may end with a slash", async ({ serve }) => {
    const server = await serve((_, response) => sendJson(response, 200, { success: true, data: task }));
    await createClient({ baseUrl: `${server.url}/`, retry: false }).getTask(task.id);
    expect(server.received[0]?.url).toBe(`/api/tasks/${task.id}`);
  });
});

describe.concurrent("a successful response", () => {
  test("is unwrapped", async ({ serve }) => {
    const server = await serve((_, response) => sendJson(response, 200, { success: true, data: task }));
    expect(await createClient({ baseUrl: server.url, retry: false }).getTask(task.id)).toEqual(task);
  });

  test("of a list includes its meta", async ({ serve }) => {
    const server = await serve((_, response) =>
      sendJson(response, 200, { success: true, data: [task], meta: { nextCursor: "abc", changes: 7 } }),
    );
    const page = await createClient({ baseUrl: server.url, retry: false }).listTasks({
      completed: false,
      tag: ["home", "at once"],
      cursor: "a b",
      limit: undefined,
    });
    expect(page).toEqual({ items: [task], nextCursor: "abc", changes: 7 });
    expect(server.received[0]?.url).toBe("/api/tasks?completed=false&tag=home&tag=at+once&cursor=a+b");
  });
});

test.concurrent("every request has the client's headers, such as its expected user", async ({ serve }) => {
  const rejected = { ...notFound, code: "unauthenticated", status: 401 } as const;
  const server = await serve(({ url }, response) => {
    if (url.startsWith("/api/events")) sendJson(response, 401, rejected);
    else sendJson(response, 200, { success: true, data: [task], meta: {} });
  });
  const client = createClient({ baseUrl: server.url, headers: { "expected-user": "ada" }, retry: false });
  await client.listTasks();
  await client.createTask({ title: "a" });
  await rejection(client.watchChanges(0).next());
  await createClient({ baseUrl: server.url, retry: false }).listTasks();
  expect(server.received.map(({ headers }) => headers["expected-user"])).toEqual(["ada", "ada", "ada", undefined]);
});

test.concurrent("changes of unknown kinds are skipped, and the cursor includes them", async ({ serve }) => {
  const known = { seq: 8, kind: "task", id: task.id, data: task };
  const unknown = { seq: 9, kind: "toString", id: "list-1", data: { name: "Home" } };
  const server = await serve((_, response) =>
    sendJson(response, 200, { success: true, data: [known, unknown], meta: { nextCursor: "9", hasMore: false } }),
  );
  const page = await createClient({ baseUrl: server.url, retry: false }).listChanges({ after: 7 });
  expect(page).toEqual({ changes: [known], nextCursor: "9", hasMore: false });
});

describe.concurrent("a failure", () => {
  test("becomes an ApiError with everything in the problem", async ({ serve }) => {
    const errors = [{ field: "title", code: "too_long", message: "must have at most 500 characters" }] as const;
    const problem = { ...notFound, error: "Some fields are invalid.", code: "invalid", status: 422, errors };
    const server = await serve((_, response) => sendJson(response, 422, problem));
    const error = await rejection(createClient({ baseUrl: server.url, retry: false }).createTask({ title: "a" }));
    expect(error).toMatchObject({
      name: "ApiError",
      message: "Some fields are invalid.",
      code: "invalid",
      status: 422,
      errors,
      requestId: "request-1",
    });
  });

  test("has only the fields of its code", async ({ serve }) => {
    const server = await serve((_, response) => sendJson(response, 404, notFound));
    const error = await rejection(createClient({ baseUrl: server.url, retry: false }).getTask(task.id));
    expect({ ...(error as Error) }).toEqual({
      name: "ApiError",
      code: "task_not_found",
      status: 404,
      errors: [],
      requestId: "request-1",
    });
  });

  test("of a batch names the operation", async ({ serve }) => {
    const errors = [{ field: "operations[1].id", code: "not_found", message: "does not exist, or is not in the required state" }];
    const server = await serve((_, response) => sendJson(response, 404, { ...notFound, errors }));
    const error = await rejection(createClient({ baseUrl: server.url, retry: false }).batch([]));
    expect(error).toMatchObject({ code: "task_not_found", errors });
  });

  test("of a stale version has the current task", async ({ serve }) => {
    const conflict: Problem = {
      ...notFound,
      code: "version_conflict",
      status: 412,
      title: "Precondition Failed",
      current: { kind: "task", data: task },
    };
    const server = await serve((_, response) => sendJson(response, 412, conflict));
    const error = await rejection(
      createClient({ baseUrl: server.url, retry: false }).updateTask(task.id, { title: "a" }),
    );
    if (!isApiError(error, "version_conflict")) expect.fail(`not a conflict: ${error}`);
    expect(error.current).toEqual({ kind: "task", data: task });
  });

  test("is identified by its code", async ({ serve }) => {
    const server = await serve((_, response) => sendJson(response, 404, notFound));
    const error = await rejection(createClient({ baseUrl: server.url, retry: false }).getTask(task.id));
    expect([isApiError(error), isApiError(error, "task_not_found"), isApiError(error, "internal")]).toEqual([
      true,
      true,
      false,
    ]);
  });

  test.for([
    [404, false],
    [412, false],
    [422, false],
    [429, true],
    [500, false],
    [502, true],
    [503, true],
    [504, true],
  ] as const)("of status %d is transient: %s", async ([status, transient], { serve }) => {
    const server = await serve((_, response) => sendJson(response, status, { ...notFound, status }));
    expect(isTransient(await rejection(createClient({ baseUrl: server.url, retry: false }).getTask(task.id)))).toBe(
      transient,
    );
  });
});

describe.concurrent("a response that is not the API's own:", () => {
  test.for([
    ["a gateway's page", 502, "<html>Bad Gateway</html>"],
    ["a page with status 200", 200, "<html>Welcome</html>"],
    ["JSON of another shape", 200, '{"ok":true}'],
    ["JSON null", 200, "null"],
    ["an empty response", 204, ""],
  ] as const)("%s is a ConnectionError with its status", async ([, status, body], { serve }) => {
    const server = await serve((_, response) => response.writeHead(status).end(body));
    const error = await rejection(createClient({ baseUrl: server.url, retry: false }).getTask(task.id));
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error).toMatchObject({ status });
  });

  test("a connection that breaks in the body is a ConnectionError with its cause", async ({ serve }) => {
    const server = await serve((_, response) => {
      response.writeHead(200, { "content-length": "100" }).write("{", () => response.destroy());
    });
    const error = await rejection(createClient({ baseUrl: server.url, retry: false }).getTask(task.id));
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error).toMatchObject({ status: undefined, cause: expect.any(Error) });
    expect(isTransient(error)).toBe(true);
  });
});

describe.concurrent("a signal", () => {
  test("aborts a request in flight, which rejects with its reason", async ({ serve }) => {
    const reason = new Error("the user left");
    const controller = new AbortController();
    let closed: Promise<unknown> | undefined;
    const server = await serve((_, response) => {
      closed = once(response, "close");
      controller.abort(reason);
    });
    const call = createClient({ baseUrl: server.url, retry: false }).listTasks({}, { signal: controller.signal });
    expect(await rejection(call)).toBe(reason);
    await closed;
  });

  test("that is already aborted sends nothing", async ({ serve }) => {
    const server = await serve((_, response) => sendJson(response, 200, { success: true, data: task }));
    const signal = AbortSignal.abort();
    expect(
      await rejection(createClient({ baseUrl: server.url, retry: false }).createTask({ title: "a" }, { signal })),
    ).toBe(signal.reason);
    expect(server.received).toEqual([]);
  });
});

test.concurrent("every request includes credentials and uses the given fetch", async ({ serve }) => {
  const modes: unknown[] = [];
  const server = await serve((_, response) => sendJson(response, 200, { success: true, data: task }));
  const client = createClient({
    baseUrl: server.url,
    fetch: (input, init) => {
      modes.push(init?.credentials);
      return fetch(input, init);
    },
  });
  await client.getTask(task.id);
  await client.deleteTask(task.id);
  expect(modes).toEqual(["include", "include"]);
});

test.concurrent("a server can act for a user with their cookie", async ({ serve }) => {
  const server = await serve((_, response) => sendJson(response, 200, { success: true, data: task }));
  const cookie = "better-auth.session_token=abc.def";
  await createClient({ baseUrl: server.url, cookie, headers: { "x-forwarded-for": "192.0.2.1" } }).getTask(task.id);
  const expected = { cookie, "x-forwarded-for": "192.0.2.1", "x-session-renewal": "none" };
  expect(server.received[0]?.headers).toMatchObject(expected);
});

test.concurrent("tasks() iterates over all pages, and requests none before it is needed", async ({ serve }) => {
  const ids = ["1", "2", "3", "4", "5"];
  const server = await serve(({ url }, response) => {
    const offset = Number(new URL(url, server.url).searchParams.get("cursor"));
    const data = ids.slice(offset, offset + 2).map((id) => ({ ...task, id }));
    sendJson(response, 200, { success: true, data, meta: { nextCursor: offset < 4 ? String(offset + 2) : null, changes: 7 } });
  });
  const client = createClient({ baseUrl: server.url });
  const seen: string[] = [];
  for await (const { id } of client.tasks({ completed: false })) {
    if (id === "3") expect(server.received.length).toBe(2);
    seen.push(id);
  }
  expect(seen).toEqual(ids);
  expect(server.received.map(({ url }) => url)).toEqual([
    "/api/tasks?completed=false",
    "/api/tasks?completed=false&cursor=2",
    "/api/tasks?completed=false&cursor=4",
  ]);
});
