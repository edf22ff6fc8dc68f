import { describe, expect, test } from "vitest";
import type { BatchOperation, Task } from "../../src/index.js";
import { kindNames, kinds } from "../../src/generated/kinds.js";
import { isDraft, planOf } from "../../src/react/edits.js";
import type { Item } from "../../src/react/kind.js";
import { isSameContent } from "../../src/react/kinds.js";
import { taskOf } from "./backend.js";

const operation = { kind: "task", id: "a" } as const;

/** Applies a write to the only task of the page. */
const after = (operations: BatchOperation[], task: Task) =>
  planOf(operations).edits.reduce<Item | null>((item, [, edit]) => item && edit(item, { all: () => [], idOf: (id) => id }), task);

test("the contract describes every kind", () => expect(Object.keys(kinds)).toEqual([...kindNames]));

describe("two states of a task have the same content", () => {
  const task = taskOf({ dueAt: "2026-11-30T17:00:00Z" });

  test.for(Object.entries(kinds.task.defaults))("unless they differ in %s", ([field, value]) => {
    const other = { ...task, [field]: JSON.stringify(value) + "x" };
    expect([isSameContent("task", task, { ...task }), isSameContent("task", task, other)]).toEqual([true, false]);
  });

  test("if only the server's own fields differ", () => {
    expect(isSameContent("task", task, { ...task, version: 7, updatedAt: "2027-01-01T00:00:00Z" })).toBe(true);
  });

  test("if only the notation of a time differs", () => {
    expect(isSameContent("task", task, { ...task, dueAt: "2026-11-30T18:00:00.000+01:00" })).toBe(true);
  });

  test("unless one of them is in the trash", () => {
    expect(isSameContent("task", task, { ...task, deletedAt: task.createdAt })).toBe(false);
  });
});

describe("a pending due date", () => {
  const day = { dueOn: "2026-11-30", dueAt: new Date("2026-11-30T23:59:59").toISOString() };
  const time = { dueOn: null, dueAt: "2026-12-01T09:00:00Z" };
  const none = { dueOn: null, dueAt: null };
  test.for<[Partial<Task>, Partial<Task>, Partial<Task>]>([
    [none, { dueOn: day.dueOn }, day],
    [time, { dueOn: day.dueOn }, day],
    [time, { dueOn: day.dueOn, dueAt: time.dueAt }, day],
    [time, { dueOn: day.dueOn, dueAt: "2026-11-30T14:59:59Z" }, { dueOn: day.dueOn, dueAt: "2026-11-30T14:59:59Z" }],
    [day, { dueAt: time.dueAt }, time],
    [day, { dueAt: null }, none],
    [day, { dueOn: null }, none],
    [day, { title: "New" }, day],
    [time, { title: "New" }, time],
  ])("%o with the changes %o is %o", ([before, changes, wanted]) => {
    expect(after([{ ...operation, op: "update", changes }], taskOf({ id: "a", ...before }))).toMatchObject(wanted);
  });
  test("of a new task is the end of its day", () => {
    const { drafts } = planOf([{ op: "create", kind: "task", data: { title: "New", dueOn: day.dueOn } }]);
    expect(drafts[0]?.data).toMatchObject(day);
  });
  test("is the same if the server ends the day at another time", () => {
    const [a, b] = [day.dueAt, "2026-11-30T20:59:59Z"].map((dueAt) => taskOf({ ...day, dueAt }));
    expect(isSameContent("task", a!, b!)).toBe(true);
  });
});

describe("a pending", () => {
  test("create shows a draft with the defaults of the contract", () => {
    const [draft] = planOf([{ op: "create", kind: "task", data: { title: " New ", completed: true } }]).drafts;
    const { id, createdAt, updatedAt, completedAt, ...rest } = draft!.data as Task;
    expect(isDraft(draft!.data)).toBe(true);
    expect(new Set([createdAt, updatedAt, completedAt]).size).toBe(1);
    expect(rest).toEqual({ ...kinds.task.defaults, title: "New", completed: true, position: "~", version: 0, deletedAt: null, nextId: null });
  });

  test("replace resets omitted fields to their defaults, an update keeps them", () => {
    const task = taskOf({ id: "a", description: "Old", priority: "high", dueAt: "2026-11-30T17:00:00Z" });
    expect(after([{ ...operation, op: "replace", data: { title: "New" } }], task)).toEqual({
      ...task,
      ...kinds.task.defaults,
      title: "New",
      updatedAt: expect.any(String),
    });
    expect(after([{ ...operation, op: "update", changes: { title: "New" } }], task)).toEqual({
      ...task,
      title: "New",
      updatedAt: expect.any(String),
    });
  });

  test("batch applies its operations on one task in order", () => {
    const operations: BatchOperation[] = [
      { ...operation, op: "delete" },
      { ...operation, op: "restore" },
      { ...operation, op: "update", changes: { completed: true } },
      { ...operation, op: "update", changes: { completed: false, title: "New" } },
    ];
    expect(after(operations, taskOf({}))).toMatchObject({ deletedAt: null, completed: false, completedAt: null, title: "New" });
    expect(after([{ ...operation, op: "erase" }, { ...operation, op: "restore" }], taskOf({}))).toBeNull();
  });
});
