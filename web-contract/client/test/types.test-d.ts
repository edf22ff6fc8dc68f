import { expectTypeOf, test } from "vitest";
import { createClient, isApiError, type ErrorCode, type Task, type TaskPage } from "../src/index.js";
import type { components } from "../src/generated/tasks.js";

const client = createClient();

test("answers are unwrapped", () => {
  expectTypeOf(client.getTask("id")).resolves.toEqualTypeOf<Task>();
  expectTypeOf(client.listTasks()).resolves.toEqualTypeOf<TaskPage>();
  expectTypeOf<Task["dueAt"]>().toEqualTypeOf<string | null>();
  expectTypeOf<Task["overdue"]>().toEqualTypeOf<boolean>();
});

test("requests are held to the contract", () => {
  expectTypeOf(client.updateTask).toBeCallableWith("id", { dueAt: null });
  // @ts-expect-error A title cannot be null.
  void client.updateTask("id", { title: null });
  // @ts-expect-error A new task has a title.
  void client.createTask({ description: "no title" });
  // @ts-expect-error There is no such filter.
  void client.listTasks({ colour: "red" });
});

test("a code narrows the error", () => {
  const error: unknown = undefined;
  if (isApiError(error, "version_conflict")) expectTypeOf(error.current.title).toBeString();
  if (isApiError(error, "task_not_found")) expectTypeOf(error).not.toHaveProperty("current");
  if (isApiError(error)) expectTypeOf(error.code).toEqualTypeOf<ErrorCode>();
  // @ts-expect-error There is no such code.
  isApiError(error, "no_such_code");
});

test("a task of the bff is the service's task, and whether it is overdue", () => {
  expectTypeOf<Omit<Task, "overdue">>().toEqualTypeOf<components["schemas"]["Task"]>();
});
