import { describe, expect, test } from "vitest";
import type { Task } from "../../src/index.js";
import type { TaskFilters } from "../../src/react/index.js";
import { itemsOf, place, type Pages, type TaskPages } from "../../src/react/pages.js";
import { task as rules } from "../../src/react/tasks.js";
import { taskOf } from "./backend.js";

const pages = (tasks: Task[][], nextCursor: string | null = null): TaskPages => ({
  pages: tasks.map((page, index) => ({
    items: page,
    nextCursor: index < tasks.length - 1 ? String(index) : nextCursor,
    changes: 1,
  })),
  pageParams: tasks.map(() => undefined),
});

const idsOf = (list: Pages) => list.pages.map((page) => page.items.map(({ id }) => id).join(""));

describe("a list contains", () => {
  const plain = taskOf({ title: "Gießt die Blumen", description: "am Balkon", tags: ["Zuhause"] });
  const due = taskOf({ dueAt: "2026-11-30T17:00:00Z" });
  const trashed = taskOf({ deletedAt: "2026-11-23T08:00:00Z" });
  test.for<[Task, TaskFilters, boolean | undefined]>([
    [plain, {}, true],
    [plain, { completed: true }, false],
    [plain, { completed: false }, true],
    [trashed, {}, false],
    [trashed, { deleted: true }, true],
    [plain, { deleted: true }, false],
    [plain, { priority: ["none", "high"] }, true],
    [plain, { priority: ["high"] }, false],
    [plain, { priority: [] }, true],
    [plain, { tag: ["Zuhause"] }, true],
    [plain, { tag: ["Zuhause", "eilig"] }, false],
    [plain, { tag: ["ZUHAUSE", " zuhause "] }, true],
    [plain, { dueBefore: "2027-01-01T00:00:00Z" }, false],
    [due, { dueBefore: "2026-11-30T17:00:00Z" }, false],
    [due, { dueBefore: "2026-11-30T18:00:01+01:00" }, true],
    [due, { dueAfter: "2026-11-30T17:00:00Z" }, true],
    [due, { dueAfter: "2026-11-30T17:00:01Z" }, false],
    [plain, { q: "blumen" }, undefined],
    [plain, { q: "blumen", completed: true }, false],
  ])("%#: %o, filtered by %o: %s", ([task, filters, taken]) => expect(rules.matches(task, filters, () => null)).toBe(taken));
});

describe("a list is in order", () => {
  const a = taskOf({ id: "a", title: "b", createdAt: "2026-11-23T08:00:00Z", priority: "urgent", position: "Z" });
  const b = taskOf({ id: "b", title: "a", createdAt: "2026-11-23T08:00:00.5Z", dueAt: "2026-11-30T17:00:00Z", position: "a" });
  const c = taskOf({ id: "c", title: "c", createdAt: "2026-11-23T08:00:00.5Z", dueAt: "2026-12-01T17:00:00Z", position: "Z" });
  test.for<[TaskFilters["sort"], string]>([
    [undefined, "cba"],
    ["createdAt", "abc"],
    ["dueAt", "bca"],
    ["-dueAt", "cba"],
    ["priority", "bca"],
    ["-priority", "acb"],
    ["title", "bac"],
    ["position", "acb"],
    ["-position", "bca"],
    ["-updatedAt", "cba"],
  ])("by %s: %s", ([sort, order]) => {
    expect(
      [b, a, c]
        .toSorted((a, b) => rules.compare(a, b, { sort }))
        .map(({ id }) => id)
        .join(""),
    ).toBe(order);
  });
});

describe("a task is put", () => {
  const createdAt = (id: string, minute: number) => taskOf({ id, createdAt: `2026-11-23T08:0${minute}:00Z` });
  const [a, b, c, d] = [createdAt("a", 1), createdAt("b", 2), createdAt("c", 3), createdAt("d", 4)];
  test.for<[string, TaskPages, TaskFilters, Task, string[]]>([
    ["between two pages' tasks", pages([[d], [b, a]]), {}, c, ["d", "cba"]],
    ["at the end of a completely loaded list", pages([[d, c]]), {}, a, ["dca"]],
    ["nowhere, if it belongs to a later page", pages([[d, c]], "more"), {}, a, ["dc"]],
    ["into an empty list", pages([[]]), {}, a, ["a"]],
    ["out of a list that it no longer matches", pages([[d, c], [b]]), {}, { ...c, deletedAt: c.createdAt }, ["d", "b"]],
    ["in its old place, if its order has not changed", pages([[d], [c, b]]), {}, { ...c, title: "new" }, ["d", "cb"]],
    ["in its place, in a list that the server searches", pages([[d, c]]), { q: "x" }, { ...c, title: "new" }, ["dc"]],
    ["nowhere, in a list that the server searches and that did not have it", pages([[d, c]]), { q: "x" }, a, ["dc"]],
    ["in another place, if its order has changed", pages([[d, c], [b]]), {}, { ...d, createdAt: a.createdAt }, ["c", "bd"]],
  ])("%s", ([, list, filters, task, expected]) => expect(idsOf(place(list, "task", filters, new Set([task.id]), (id) => (id === task.id ? task : undefined)))).toEqual(expected));

  test.for<[string, TaskPages, Task[], string[]]>([
    ["in order", pages([[d], [a]]), [b, c], ["d", "cba"]],
    ["in their old places", pages([[d, c], [b, a]], "more"), [d, c, b, a], ["dc", "ba"]],
    ["in other places", pages([[d, c], [b]]), [{ ...d, createdAt: a.createdAt }, { ...c, createdAt: a.createdAt }], ["", "bdc"]],
    ["nowhere, if they belong to a later page", pages([[d, c], [b]], "more"), [{ ...d, createdAt: a.createdAt }, c, a], ["c", "b"]],
  ])("together with others %s", ([, list, tasks, expected]) => {
    const ids = new Set(tasks.map(({ id }) => id));
    expect(idsOf(place(list, "task", {}, ids, (id) => tasks.find((task) => task.id === id)))).toEqual(expected);
  });

  test("back at the end of the loaded pages, from which it was removed, but not after that end", () => {
    const step = (list: TaskPages, task: Task) => place(list, "task", {}, new Set([task.id]), (id) => (id === task.id ? task : undefined)) as TaskPages;
    const without = step(step(pages([[d], [c, b]], "more"), { ...b, deletedAt: b.createdAt }), { ...c, deletedAt: c.createdAt });
    expect(idsOf(without)).toEqual(["d", ""]);
    expect(idsOf(step(step(without, b), c))).toEqual(["d", "cb"]);
    expect(idsOf(step(without, a))).toEqual(["d", ""]);
  });

  test("nowhere else while it is unknown", () => expect(idsOf(place(pages([[b, a]]), "task", {}, new Set(["b"]), () => undefined))).toEqual(["ba"]));

  test("among many others, in constant time per task", () => {
    const readsPerTask = (count: number) => {
      let reads = 0;
      const tasks = Array.from({ length: count }, (_, index) => {
        const counted = { ...taskOf({ position: String(index).padStart(4, "0") }), get id() { reads++; return String(index); } };
        return counted as Task;
      });
      const [list, ids] = [pages([tasks]), new Set(tasks.map((_, index) => String(index)))];
      expect(itemsOf(place(list, "task", { sort: "position" }, ids, (id) => tasks[Number(id)]))).toEqual(tasks);
      return Math.round(reads / count);
    };
    expect(readsPerTask(1000)).toBe(readsPerTask(100));
  });

  test("out of every list when it is erased", () => expect(idsOf(place(pages([[b, a]]), "task", {}, new Set(["b"]), () => null))).toEqual(["a"]));
});
