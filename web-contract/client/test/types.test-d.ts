import { expectTypeOf, test } from "vitest";
import type { operations } from "../src/generated/bff.js";
import type { components } from "../src/generated/tasks.js";
import {
  ApiError,
  createClient,
  isApiError,
  type Agenda,
  type Bootstrap,
  type Change,
  type Client,
  type ErrorCode,
  type FieldError,
  type Resource,
  type Stats,
  type Task,
  type TaskPage,
} from "../src/index.js";
import { createMutations, createQueries } from "../src/react/index.js";
import { useInfiniteQuery, useMutation, useQuery } from "@tanstack/react-query";

const client = createClient();
const queries = createQueries(client);
const mutations = createMutations(client);
const error: unknown = undefined;

test("responses are unwrapped", () => {
  expectTypeOf(client.getTask("id")).resolves.toEqualTypeOf<Task>();
  expectTypeOf(client.listTasks()).resolves.toEqualTypeOf<TaskPage>();
  expectTypeOf(client.batch([])).resolves.toEqualTypeOf<Resource[]>();
  expectTypeOf(client.getTaskStats()).resolves.toEqualTypeOf<Stats>();
  expectTypeOf(client.getBootstrap()).resolves.toEqualTypeOf<Bootstrap>();
  expectTypeOf(client.getAgenda()).resolves.toEqualTypeOf<Agenda>();
  expectTypeOf(client.watchChanges(1)).toExtend<AsyncIterable<Change>>();
  expectTypeOf(client.tasks()).toExtend<AsyncIterable<Task>>();
  expectTypeOf<Task["dueAt"]>().toEqualTypeOf<string | null>();
});

test("the client has every operation of the document", () => {
  expectTypeOf<Exclude<keyof operations, keyof Client>>().toBeNever();
});

test("requests are checked against the contract", () => {
  expectTypeOf(client.updateTask).toBeCallableWith("id", { dueAt: null }, { version: 3 });
  // @ts-expect-error A title cannot be null.
  void client.updateTask("id", { title: null });
  // @ts-expect-error A new task has a title.
  void client.createTask({ description: "no title" });
  // @ts-expect-error There is no such filter.
  void client.listTasks({ color: "red" });
  // @ts-expect-error There is no such order.
  void client.listTasks({ sort: "color" });
  // @ts-expect-error A priority is one of five words.
  void client.createTask({ title: "a", priority: "higher" });
  // @ts-expect-error The server chooses the id.
  void client.createTask({ id: "a", title: "a" });
  // @ts-expect-error There is no such operation.
  void client.batch([{ op: "copy", kind: "task", id: "a" }]);
  // @ts-expect-error A delete operation has no changes.
  void client.batch([{ op: "delete", kind: "task", id: "a", changes: {} }]);
  // @ts-expect-error An update needs an id.
  void client.batch([{ op: "update", kind: "task", changes: { title: "a" } }]);
  // @ts-expect-error A delete operation needs an id.
  void client.batch([{ op: "delete", kind: "task" }]);
  // @ts-expect-error A create operation has no id.
  void client.batch([{ op: "create", kind: "task", id: "a", data: { title: "a" } }]);
  // @ts-expect-error There is no such kind.
  void client.batch([{ op: "delete", kind: "note", id: "a" }]);
  // @ts-expect-error A version is a number.
  void client.deleteTask("id", { version: "3" });
  // @ts-expect-error A new task has no version yet.
  void client.createTask({ title: "a" }, { version: 3 });
  // @ts-expect-error A read has no idempotency key.
  void client.getTask("id", { idempotencyKey: "a" });
  // @ts-expect-error A watch needs the number of the last known change.
  void client.watchChanges();
});

test("a code narrows the error", () => {
  if (isApiError(error, "version_conflict")) expectTypeOf(error.current).toEqualTypeOf<Resource>();
  if (isApiError(error)) expectTypeOf(error.errors).toEqualTypeOf<readonly FieldError[]>();
  if (isApiError(error, "rate_limited")) expectTypeOf(error.retryAfter).toBeNumber();
  if (isApiError(error, "overloaded")) expectTypeOf(error.retryAfter).toBeNumber();
  if (isApiError(error, "unavailable")) expectTypeOf(error.retryAfter).toBeNumber();
  if (isApiError(error, "auth_unavailable")) expectTypeOf(error.retryAfter).toBeNumber();
  if (isApiError(error, "timeout")) expectTypeOf(error.retryAfter).toBeNumber();
  if (isApiError(error)) expectTypeOf(error.code).toEqualTypeOf<ErrorCode>();
  // @ts-expect-error There is no such code.
  isApiError(error, "no_such_code");
});

test("no other code has the fields of one code", () => {
  type Plain = Exclude<
    ErrorCode,
    "version_conflict" | "rate_limited" | "overloaded" | "unavailable" | "auth_unavailable" | "timeout"
  >;
  type Own<Code extends ErrorCode> = Exclude<keyof ApiError<Code>, keyof Error>;
  type Common = "code" | "status" | "errors" | "requestId";
  expectTypeOf<Own<Plain>>().toEqualTypeOf<Common>();
  expectTypeOf<Own<"version_conflict">>().toEqualTypeOf<Common | "current">();
  expectTypeOf<Own<"rate_limited">>().toEqualTypeOf<Common | "retryAfter">();
  // @ts-expect-error The code must be checked first.
  if (isApiError(error)) void error.current;
});

test("a switch over the code narrows the error", () => {
  if (!(error instanceof ApiError)) return;
  switch (error.code) {
    case "version_conflict":
      return expectTypeOf(error.current).toEqualTypeOf<Resource>();
    case "rate_limited":
    case "unavailable":
      return expectTypeOf(error.retryAfter).toBeNumber();
    case "task_not_found":
      return expectTypeOf(error).not.toHaveProperty("current");
  }
});

test("queries and mutations have the types of their data and variables", () => {
  expectTypeOf(useQuery(queries.task("id")).data).toEqualTypeOf<Task | undefined>();
  expectTypeOf(useQuery(queries.stats()).data).toEqualTypeOf<Stats | undefined>();
  expectTypeOf(useInfiniteQuery(queries.tasks()).data?.pages).toEqualTypeOf<TaskPage[] | undefined>();
  // @ts-expect-error The query sets the cursor of each page.
  queries.tasks({ cursor: "abc" });
  const { mutate } = useMutation(
    mutations.updateTask({ onSuccess: (task) => expectTypeOf(task).toEqualTypeOf<Task>() }),
  );
  expectTypeOf(mutate).toBeCallableWith({ id: "a", changes: { title: "b" }, version: 3 });
  // @ts-expect-error An update needs changes.
  mutate({ id: "a" });
  // @ts-expect-error onMutate is reserved for showing the write.
  mutations.updateTask({ onMutate: () => {} });
});

test("a task of the bff is the service's task", () => {
  expectTypeOf<Task>().toEqualTypeOf<components["schemas"]["Task"]>();
});
