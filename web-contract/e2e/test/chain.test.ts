import { randomUUID } from "node:crypto";
import { createClient, isApiError, type Client, type Problem } from "@tasklane/web-contract";
import { describe, expect, inject, test } from "vitest";
import { expectExpired } from "../src/expired.js";
import { jwtsIn } from "../src/jwt.js";
import { expectLogged, serversThatLogged } from "../src/logs.js";
import { cookieHeader, fetchWithJwt, jwtOf, newAccount, newUser, newVisitor, type Fetch } from "../src/visitor.js";

const { url, tasksUrl, authUrl } = inject("stack");

/** Returns the error code of a call, which must fail. */
async function failure(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    if (isApiError(error)) return error.code;
    throw error;
  }
  return expect.fail("the call did not fail");
}

/** Sends a request that fails, and checks the fields that every problem document has. */
async function problem(
  address: string,
  init: RequestInit = {},
  fetchWith: Fetch = fetch,
): Promise<Problem & { headers: Headers }> {
  const response = await fetchWith(address, init);
  const body = (await response.json()) as Problem;
  expect(body).toMatchObject({
    success: false,
    error: expect.stringMatching(/^[A-Z].*\.$/s),
    code: expect.stringMatching(/^[a-z_]+$/),
    status: response.status,
    title: expect.stringMatching(/./),
    requestId: response.headers.get("x-request-id"),
  });
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  return { ...body, headers: response.headers };
}

function json(method: string, body: unknown): RequestInit {
  return { method, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}

describe.concurrent("a session", () => {
  test("works through sign-up, sign-out and sign-in with Better Auth's client", async () => {
    const visitor = newVisitor();
    const account = newAccount();

    const signedUp = await visitor.auth.signUp.email(account);
    expect(signedUp.error).toBeNull();
    const user = { id: signedUp.data?.user.id, name: account.name, email: account.email, image: null };
    expect(await visitor.api.getSession()).toEqual({ user, expiresAt: expect.any(String) });

    expect((await visitor.auth.signOut()).error).toBeNull();
    expect(visitor.cookies).toEqual(new Map());
    expect(await failure(visitor.api.getSession())).toBe("unauthenticated");

    const rejected = await visitor.auth.signIn.email({ ...account, password: "not the password" });
    expect(rejected.error?.status).toBe(401);

    expect((await visitor.auth.signIn.email(account)).error).toBeNull();
    expect(await visitor.api.getSession()).toEqual({ user, expiresAt: expect.any(String) });
  });

  test("that was signed out elsewhere is rejected as expired, although its cookie is genuine", async () => {
    const user = await newUser();
    await user.api.getSession();
    const stolen = new Map(user.cookies);
    await user.auth.signOut();
    for (const [name, value] of stolen) user.cookies.set(name, value);
    await expectExpired(() => failure(user.api.listTasks()));
  });

  test("gives a JWT to programs but not to browsers", async () => {
    const user = await newUser();
    await user.api.createTask({ title: "Water the plants" });
    await user.api.listTasks();
    await user.api.getSession();
    const session = await user.fetch(`${url}/api/auth/get-session`);
    expect(session.status).toBe(200);
    const token = await problem(`${url}/api/auth/token`, {}, user.fetch);
    expect([token.status, token.code]).toEqual([404, "not_found"]);
    await user.auth.signOut();
    expect(user.responses.filter((response) => jwtsIn(response).length > 0 || /set-auth-jwt/i.test(response))).toEqual([]);

    const jwt = await jwtOf(user.account);
    expect(jwtsIn(jwt)).toEqual([jwt]);
  });
});

describe.concurrent.for([
  ["with the cookie, through the bff", async () => (await newUser()).api],
  [
    "with a JWT, on the task service's port",
    async () => createClient({ baseUrl: tasksUrl, fetch: fetchWithJwt(await jwtOf((await newUser()).account)) }),
  ],
] satisfies [string, () => Promise<Client>][])("tasks %s", ([, signIn]) => {
  const time = expect.stringMatching(/^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/);
  const fresh = {
    id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    title: "Water the plants",
    description: "",
    completed: false,
    completedAt: null,
    priority: "none",
    dueAt: null,
    dueOn: null,
    tags: [],
    listId: null,
    parentId: null,
    recurrence: null,
    recurrenceFrom: "due",
    nextId: null,
    position: expect.stringMatching(/^\w+$/),
    version: 1,
    createdAt: time,
    updatedAt: time,
    deletedAt: null,
  };

  test("are created, listed, changed, replaced and deleted", async () => {
    const api = await signIn();
    expect(await api.listTasks()).toEqual({ items: [], nextCursor: null, changes: 0 });

    const created = await api.createTask({ title: "  Water the plants " });
    expect(created).toEqual(fresh);
    expect(await api.getTask(created.id)).toEqual(created);
    expect(await api.listTasks()).toEqual({ items: [created], nextCursor: null, changes: 1 });

    const completed = await api.updateTask(created.id, { completed: true, tags: ["home"] });
    const change = { completed: true, completedAt: time, tags: ["home"], version: 2, updatedAt: time };
    expect(completed).toEqual({ ...created, ...change });
    expect((await api.listTasks({ completed: false })).items).toEqual([]);
    expect((await api.listTasks({ completed: true })).items).toEqual([completed]);

    const replaced = await api.replaceTask(created.id, { title: "Repot the plants", priority: "high" });
    expect(replaced).toEqual({ ...created, title: "Repot the plants", priority: "high", version: 3, updatedAt: time });

    const deleted = await api.deleteTask(created.id);
    expect(deleted).toEqual({ ...replaced, version: 4, updatedAt: time, deletedAt: time });
    expect((await api.listTasks()).items).toEqual([]);
    expect(await failure(api.updateTask(created.id, { title: "x" }))).toBe("task_not_found");
  });

  test("are listed newest first, in pages", async () => {
    const api = await signIn();
    const titles = ["one", "two", "three"];
    for (const title of titles) await api.createTask({ title });
    const first = await api.listTasks({ limit: 2 });
    expect(first.items.map(({ title }) => title)).toEqual(["three", "two"]);
    const rest = await api.listTasks({ limit: 2, cursor: first.nextCursor ?? undefined });
    expect(rest).toMatchObject({ items: [{ title: "one" }], nextCursor: null });
    expect(await failure(api.listTasks({ completed: true, cursor: first.nextCursor ?? undefined }))).toBe(
      "invalid_cursor",
    );
  });
});

describe.concurrent("a rejected request gets a problem document, and its id is in the logs:", () => {
  test("401 without a session or a JWT", async () => {
    const atBff = await problem(`${url}/api/tasks`);
    expect([atBff.status, atBff.code]).toEqual([401, "unauthenticated"]);
    await expectLogged(atBff.requestId, ["bff"]);

    const atService = await problem(`${tasksUrl}/api/tasks`);
    expect([atService.status, atService.code]).toEqual([401, "unauthenticated"]);
    expect(atService.headers.get("www-authenticate")).toMatch(/^Bearer/);
    await expectLogged(atService.requestId, ["tasks"]);
  });

  test("401 with a forged cookie, without a request to Better Auth", async () => {
    const user = await newUser();
    const genuine = await user.fetch(`${url}/api/tasks`);
    expect(genuine.status).toBe(200);
    await expectLogged(genuine.headers.get("x-request-id")!, ["auth", "bff", "tasks"]);

    const [name, value] = [...user.cookies].find(([name]) => name.endsWith(".session_token"))!;
    const [token, signature] = decodeURIComponent(value).split(".") as [string, string];
    const forgeries = [
      `${token}.${(signature.startsWith("A") ? "B" : "A") + signature.slice(1)}`,
      `${randomUUID().replaceAll("-", "")}.${signature}`,
      token,
      "",
    ];
    const rejections: Problem[] = [];
    for (const forgery of forgeries) {
      user.cookies.set(name, encodeURIComponent(forgery));
      const rejected = await problem(`${url}/api/tasks`, {}, user.fetch);
      expect([rejected.status, rejected.code]).toEqual([401, "unauthenticated"]);
      rejections.push(rejected);
    }
    // Better Auth has logged a later request, so it would have logged these too.
    const later = await fetch(`${url}/api/auth/ok`);
    await expectLogged(later.headers.get("x-request-id")!, ["auth", "bff"]);
    for (const { requestId } of rejections) expect(await serversThatLogged(requestId)).toEqual(["bff"]);
  });

  test("401 with a forged JWT", async () => {
    const [header, payload, signature] = (await jwtOf((await newUser()).account)).split(".") as [
      string,
      string,
      string,
    ];
    const forged = `${header}.${payload}.${(signature.startsWith("A") ? "B" : "A") + signature.slice(1)}`;
    const rejected = await problem(`${tasksUrl}/api/tasks`, {}, fetchWithJwt(forged));
    expect([rejected.status, rejected.code]).toEqual([401, "unauthenticated"]);
    await expectLogged(rejected.requestId, ["tasks"]);
  });

  test("404 for another user's task, which stays unchanged", async () => {
    const [owner, stranger] = await Promise.all([newUser(), newUser()]);
    const task = await owner.api.createTask({ title: "Mine" });
    const requests = [
      { method: "GET" },
      json("PUT", { title: "Yours" }),
      json("PATCH", { title: "Yours" }),
      { method: "DELETE" },
    ];
    for (const request of requests) {
      const rejected = await problem(`${url}/api/tasks/${task.id}`, request, stranger.fetch);
      expect([request.method, rejected.status, rejected.code]).toEqual([request.method, 404, "task_not_found"]);
      // The first request also exchanges the session, which Better Auth logs.
      await expectLogged(rejected.requestId, request.method === "GET" ? ["auth", "bff", "tasks"] : ["bff", "tasks"]);
    }
    expect(await owner.api.getTask(task.id)).toEqual(task);
    expect((await stranger.api.listTasks()).items).toEqual([]);
  });

  test("422 for invalid input, naming the field, from both servers", async () => {
    const user = await newUser();
    await user.api.listTasks();
    const servers = [
      { address: url, fetch: user.fetch, name: "bff" },
      { address: tasksUrl, fetch: fetchWithJwt(await jwtOf(user.account)), name: "tasks" },
    ] as const;
    const cases: [string, RequestInit, { field: string; code: string }][] = [
      ["/api/tasks", json("POST", {}), { field: "title", code: "required" }],
      ["/api/tasks", json("POST", { title: "" }), { field: "title", code: "too_short" }],
      ["/api/tasks", json("POST", { title: "x".repeat(501) }), { field: "title", code: "too_long" }],
      ["/api/tasks", json("POST", { title: "a", priority: "huge" }), { field: "priority", code: "not_allowed" }],
      ["/api/tasks", json("POST", { title: "a", color: "red" }), { field: "color", code: "unknown_field" }],
      [`/api/tasks/${randomUUID()}`, json("PATCH", { title: null }), { field: "title", code: "not_nullable" }],
      ["/api/tasks?limit=0", {}, { field: "limit", code: "out_of_range" }],
      ["/api/tasks?color=red", {}, { field: "color", code: "unknown_field" }],
      ["/api/tasks/not-an-id", {}, { field: "id", code: "bad_format" }],
    ];
    for (const server of servers) {
      for (const [path, request, fault] of cases) {
        const rejected = await problem(server.address + path, request, server.fetch);
        expect([server.name, path, rejected.status, rejected.code]).toEqual([server.name, path, 422, "invalid"]);
        expect(rejected.errors).toEqual([{ ...fault, message: expect.any(String) }]);
        await expectLogged(rejected.requestId, server.name === "bff" ? ["bff", "tasks"] : ["tasks"]);
      }
    }
  });

  test("403 from a page of another site", async () => {
    const user = await newUser();
    const cookie = cookieHeader(user.cookies);
    const request = json("POST", { title: "Planted" });
    const headers = { ...request.headers, cookie, origin: "https://evil.example", "sec-fetch-site": "cross-site" };
    const rejected = await problem(`${url}/api/tasks`, { ...request, headers });
    expect([rejected.status, rejected.code]).toEqual([403, "cross_origin"]);
    await expectLogged(rejected.requestId, ["bff"]);
    expect((await user.api.listTasks()).items).toEqual([]);
  });

  test("404 for an unknown path", async () => {
    for (const [address, server] of [
      [`${url}/api/nothing`, "bff"],
      [`${tasksUrl}/api/nothing`, "tasks"],
    ] as const) {
      const rejected = await problem(address);
      expect([rejected.status, rejected.code]).toEqual([404, "not_found"]);
      await expectLogged(rejected.requestId, [server]);
    }
  });
});

test.concurrent("Better Auth's own port serves neither the page nor tasks", async () => {
  expect((await fetch(authUrl)).status).toBe(404);
  expect((await fetch(`${authUrl}/api/tasks`)).status).toBe(404);
});
