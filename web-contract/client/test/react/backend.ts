import type { ServerResponse } from "node:http";
import { QueryClient } from "@tanstack/react-query";
import { kinds } from "../../src/generated/kinds.js";
import { createClient, type Change, type Client, type ErrorCode, type ReplaceTaskRequest, type Task } from "../../src/index.js";
import { sendJson, test as base, type ReceivedRequest } from "../server.js";

export function taskOf(fields: Partial<Task>): Task {
  return {
    ...(kinds.task.defaults as unknown as Required<ReplaceTaskRequest>),
    id: "a",
    title: "Water the plants",
    completedAt: null,
    nextId: null,
    position: "V",
    version: 1,
    createdAt: "2026-11-23T08:00:00Z",
    updatedAt: "2026-11-23T08:00:00Z",
    deletedAt: null,
    ...fields,
  };
}

/** A request whose response the test holds back. */
interface Held {
  /** Resolves when the request has arrived. */
  arrived: Promise<void>;
  /** Sends the response. */
  respond: () => void;
  /** Responds with an error instead. */
  reject: (status: number, code: ErrorCode) => void;
}

/** A small fake of the bff, with which tests decide the order of responses. */
export class Backend {
  readonly tasks = new Map<string, Task>();
  readonly received: ReceivedRequest[] = [];
  readonly streams: ServerResponse[] = [];
  seq = 10;
  /** The oldest change number that is stored. */
  oldest = 0;
  /** Additional resources in the response to a batch. */
  unknown: object[] = [];
  readonly #holds: { target: string; take: (send: () => void, reject: Held["reject"]) => void }[] = [];
  #created = 0;

  /** Holds back the response to the next request whose method and path begin with this. */
  hold(target: string): Held {
    let release = () => {};
    let reject: Held["reject"] = () => {};
    const arrived = new Promise<void>((resolve) => {
      this.#holds.push({
        target,
        take: (send, fail) => {
          [release, reject] = [send, fail];
          resolve();
        },
      });
    });
    return { arrived, respond: () => release(), reject: (status, code) => reject(status, code) };
  }

  count(target: string): number {
    return this.received.filter((request) => `${request.method} ${request.url}`.startsWith(target)).length;
  }

  /** Changes a task as another device would, and returns the change as the stream sends it. */
  change(fields: Partial<Task> & { id: string }): Change & { data: Task } {
    const before = this.tasks.get(fields.id);
    const task = taskOf({ ...before, ...fields, version: (before?.version ?? 0) + 1 });
    this.tasks.set(task.id, task);
    return { seq: ++this.seq, kind: "task", id: task.id, data: task };
  }

  /** Sends a change to all streams. */
  broadcast<Change extends { seq: number }>(change: Change): void {
    for (const stream of this.streams)
      stream.write(`id: ${change.seq}\nevent: change\ndata: ${JSON.stringify(change)}\n\n`);
  }

  handle = (received: ReceivedRequest, response: ServerResponse): void => {
    this.received.push(received);
    // The server stores text in Unicode's composed form.
    const request = { ...received, body: received.body.normalize("NFC") };
    const target = `${request.method} ${request.url}`;
    const reject: Held["reject"] = (status, code) =>
      sendJson(response, status, { success: false, error: "No.", code, status, title: "No", requestId: "1" });
    const index = this.#holds.findIndex((hold) => target.startsWith(hold.target));
    const [hold] = index < 0 ? [] : this.#holds.splice(index, 1);
    // A read is executed when it arrives, a write when its response is sent: a rejected write must have no effect.
    const respond = request.method === "GET" && this.#respond(request, response);
    const send = respond || (() => this.#respond(request, response)());
    if (hold) hold.take(send, reject);
    else send();
  };

  #respond({ method, url, headers, body }: ReceivedRequest, response: ServerResponse): () => void {
    const { pathname, searchParams } = new URL(url, "http://localhost");
    const [id = "", action] = pathname.split("/").slice(3);
    const ok = (data: unknown, meta?: object) => () => sendJson(response, 200, { success: true, data, meta });
    const problem =
      (status: number, code: ErrorCode, more = {}) =>
      () =>
        sendJson(response, status, {
          success: false,
          error: "No.",
          code,
          status,
          title: "No",
          requestId: "1",
          ...more,
        });

    if (pathname === "/api/events") {
      const after = Number(headers["last-event-id"] ?? searchParams.get("after"));
      return after < this.oldest ? problem(410, "cursor_expired") : this.#stream(after, response);
    }
    if (pathname === "/api/tasks/stats") return ok({ open: this.tasks.size });
    if (pathname === "/api/agenda")
      return ok({ overdue: [], days: [{ date: "2026-11-23", tasks: this.#list(), occurrences: [] }], later: 0, undated: 0 });
    if (pathname === "/api/tasks" && method === "GET") {
      const done = searchParams.get("completed");
      const trash = searchParams.get("deleted") === "true";
      const list = this.#list().filter(
        (task) => (done === null || String(task.completed) === done) && Boolean(task.deletedAt) === trash,
      );
      return ok(list, { nextCursor: null, changes: this.seq });
    }
    if (pathname === "/api/tasks") {
      const number = ++this.#created;
      const createdAt = new Date(Date.UTC(2026, 10, 23, 9) + number * 1_000).toISOString();
      return ok(this.change({ ...JSON.parse(body), id: `new-${number}`, createdAt }).data);
    }
    if (pathname === "/api/batch") {
      const { operations } = JSON.parse(body) as {
        operations: { op: string; id: string; changes?: Partial<Task>; data?: Partial<Task> }[];
      };
      const states = operations.map(({ op, id, changes, data }) => {
        const deletedAt = op === "delete" ? "2026-11-23T10:00:00Z" : null;
        const before = this.tasks.get(id);
        if (op === "erase" && this.tasks.delete(id)) return { kind: "task", data: before };
        const made = { ...changes, ...data, deletedAt, id: op === "create" ? `new-${++this.#created}` : id };
        return { kind: "task", data: this.change(made).data };
      });
      return ok([...states, ...this.unknown]);
    }
    const task = this.tasks.get(id);
    if (!task) return problem(404, "task_not_found");
    if (method === "GET") return ok(task);
    const wanted = headers["if-match"];
    if (wanted && wanted !== `"${task.version}"`) return problem(412, "version_conflict", { current: { kind: "task", data: task } });
    if (method === "DELETE" && searchParams.has("permanent")) {
      this.tasks.delete(id);
      this.seq++;
      return ok(task);
    }
    if (method === "DELETE") return ok(this.change({ id, deletedAt: "2026-11-23T10:00:00Z" }).data);
    if (action === "restore") return ok(this.change({ id, deletedAt: null }).data);
    if (action === "move") return ok(this.change({ id, position: `${this.tasks.get(JSON.parse(body).after)?.position ?? ""}V` }).data);
    return ok(this.change({ ...(method === "PUT" && kinds.task.defaults), ...JSON.parse(body), id }).data);
  }

  #list(): Task[] {
    return [...this.tasks.values()].toSorted((a, b) => Date.parse(b.createdAt) - Date.parse(a.createdAt));
  }

  #stream(after: number, response: ServerResponse): () => void {
    return () => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(`event: ready\ndata: {"seq":${after}}\n\n`);
      this.streams.push(response);
    };
  }
}

/** The parts of a page: a client, and the cache of its queries. */
export interface Page {
  backend: Backend;
  client: Client;
  queryClient: QueryClient;
}

/** A test with a page and a backend that has the given tasks. */
export const test = base.extend("open", async ({ serve }, { onCleanup }) => {
  const clients: QueryClient[] = [];
  onCleanup(() => clients.forEach((queryClient) => queryClient.clear()));
  return async (...tasks: Partial<Task>[]): Promise<Page> => {
    const backend = new Backend();
    for (const fields of tasks) {
      const task = taskOf(fields);
      backend.tasks.set(task.id, task);
    }
    const { url } = await serve(backend.handle);
    const queryClient = new QueryClient({
      defaultOptions: { queries: { networkMode: "always" }, mutations: { networkMode: "always" } },
    });
    clients.push(queryClient);
    return { backend, client: createClient({ baseUrl: url, retry: { baseDelay: 1, attempts: 2 } }), queryClient };
  };
});
