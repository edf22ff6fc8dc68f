import type { Task } from "@tasklane/web-contract";
import { kinds } from "@tasklane/web-contract/react";
import { describe, expect, test } from "vitest";
import { progressOf, treeOf, visibleTasks } from "../src/list/tree";

const task = (id: string, parentId: string | null = null, completed = false) =>
  ({ ...kinds.task.defaults, id, title: id, parentId, completed }) as unknown as Task;

describe("a tree of tasks", () => {
  const all = [task("b1", "b"), task("a"), task("b"), task("b11", "b1"), task("a1", "a"), task("b2", "b"), task("lost", "gone")];
  const tree = treeOf(all);
  const byId = (id: string) => all.find((task) => task.id === id)!;

  test("has each task before its sub-tasks", () => {
    const shown = tree.tasks.map((task) => `${"-".repeat(tree.depthOf(task))}${task.id}`);
    expect(shown).toEqual(["a", "-a1", "b", "-b1", "--b11", "-b2", "lost"]);
  });

  test("knows siblings, parents and descendants", () => {
    expect(tree.siblingsOf(byId("b2")).map(({ id }) => id)).toEqual(["b1", "b2"]);
    expect(tree.parentOf(byId("b11"))?.id).toBe("b1");
    expect([tree.isWithin(byId("b11"), byId("b")), tree.isWithin(byId("b"), byId("b11"))]).toEqual([true, false]);
  });

  test("collapses a task with all its sub-tasks", () => {
    const shown = (...collapsed: string[]) => visibleTasks(tree, new Set(collapsed)).map(({ id }) => id);
    expect(shown("b")).toEqual(["a", "a1", "b", "lost"]);
    expect(shown("b1", "gone")).toEqual(["a", "a1", "b", "b1", "b2", "lost"]);
    expect([byId("b1"), byId("b2"), task("c")].map(tree.hasBelow)).toEqual([true, false, false]);
  });

  test("has at most four levels", () => {
    expect(tree.fits(byId("b"), byId("a1"))).toBe(false);
    expect(tree.fits(byId("b"), byId("a"))).toBe(true);
    expect(tree.fits(byId("a"), byId("b11"))).toBe(false);
    expect(tree.fits(byId("a1"), byId("b11"))).toBe(true);
    expect(tree.fits(byId("b"), byId("b2"))).toBe(false);
  });
});

test("sub-tasks are counted for their parent", () => {
  const counts = progressOf([task("a"), task("a1", "a"), task("a2", "a", true)]);
  expect([...counts]).toEqual([["a", { done: 1, all: 2 }]]);
});
