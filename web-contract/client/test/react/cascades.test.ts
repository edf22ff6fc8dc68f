import { QueryClient } from "@tanstack/react-query";
import { describe, expect, test } from "vitest";
import { kinds } from "../../src/generated/kinds.js";
import type { BatchOperation, List, Task } from "../../src/index.js";
import { planOf } from "../../src/react/edits.js";
import { keysOf } from "../../src/react/keys.js";
import type { Item, KindName } from "../../src/react/kind.js";
import { compareOrder } from "../../src/react/order.js";
import { itemsOf, type Pages } from "../../src/react/pages.js";
import { storeOf, type State } from "../../src/react/store.js";
import { taskOf } from "./backend.js";

const earlier = "2026-11-22T08:00:00Z";
const later = "2026-11-23T10:00:00Z";

const listOf = (fields: Partial<List>): List =>
  ({ ...kinds.list.defaults, ...taskOf({ id: "garden" }), name: "Garden", ...fields }) as unknown as List;
const state = (data: Task | List): State => ({ kind: "name" in data ? "list" : "task", id: data.id, data }) as State;

/** A list with a task that has sub-tasks on two levels, and another task; and a task in the Inbox. */
const garden = [
  listOf({ id: "garden" }),
  taskOf({ id: "a", listId: "garden", position: "a" }),
  taskOf({ id: "a1", listId: "garden", parentId: "a", position: "a1" }),
  taskOf({ id: "a2", listId: "garden", parentId: "a", position: "a2", completed: true, completedAt: earlier }),
  taskOf({ id: "a11", listId: "garden", parentId: "a1", position: "a11" }),
  taskOf({ id: "b", listId: "garden", position: "b" }),
  taskOf({ id: "c", position: "c" }),
];

/** Returns a store with these resources, and functions that write to it and describe its state. */
function open(resources: readonly (Task | List)[] = garden) {
  const queryClient = new QueryClient();
  const store = storeOf(queryClient);
  const read = (some: readonly (Task | List)[], since = store.now()) => {
    for (const kind of ["list", "task"] as const) store.read(kind, some.filter((data) => state(data).kind === kind), since);
  };
  read(resources);
  const write = (...operations: object[]) =>
    store.edit(planOf(operations.map((operation) => ({ kind: "task", ...operation }) as unknown as BatchOperation)));
  return {
    queryClient,
    store,
    read,
    write,
    /** The tasks in order: x is completed, - is in the trash; followed by the list and the parent if they changed. */
    outline: () =>
      (store.all("task") as Task[])
        .toSorted(compareOrder)
        .map(({ id, completed, deletedAt, listId, parentId }) => {
          const before = garden.find((other) => other.id === id) as Task | undefined;
          const place = `${listId === before?.listId ? "" : `@${listId ?? "inbox"}`}${parentId === before?.parentId ? "" : `^${parentId ?? ""}`}`;
          return `${id}${completed ? "x" : ""}${deletedAt ? "-" : ""}${place}`;
        })
        .join(" "),
    complete: (id: string, completed = true) => write({ op: "update", id, changes: { completed } }),
  };
}

const untouched = "a a1 a11 a2x b c";

describe("before the server responds", () => {
  test.for<[string, object[], string]>([
    ["sub-tasks on all levels are completed with their task", [{ op: "update", id: "a", changes: { completed: true } }], "ax a1x a11x a2x b c"],
    ["a sub-task that is opened opens the tasks above", [{ op: "update", id: "a", changes: { completed: true } }, { op: "update", id: "a11", changes: { completed: false } }], "a a1 a11 a2x b c"],
    ["a new sub-task opens the completed tasks above", [{ op: "update", id: "a", changes: { completed: true } }, { op: "update", id: "c", changes: { parentId: "a1" } }], "a a1 a11x a2x b c@garden^a1"],
    ["a task that is opened leaves its sub-tasks completed", [{ op: "update", id: "a", changes: { completed: true } }, { op: "update", id: "a", changes: { completed: false } }], "a a1x a11x a2x b c"],
    ["sub-tasks go to the trash with their task", [{ op: "delete", id: "a1" }], "a a1- a11- a2x b c"],
    ["sub-tasks are restored with their task", [{ op: "delete", id: "a" }, { op: "restore", id: "a" }], untouched],
    ["sub-tasks are erased with their task", [{ op: "erase", id: "a" }], "b c"],
    ["sub-tasks follow their task to another list", [{ op: "update", id: "a", changes: { listId: null } }], "a@inbox a1@inbox a11@inbox a2x@inbox b c"],
    ["a sub-task that goes to another list leaves its task", [{ op: "move", id: "a1", to: { listId: null, before: "c" } }], "a a1@inbox^ a11@inbox a2x b c"],
    ["a task that becomes a sub-task is in the list of its parent", [{ op: "move", id: "c", to: { parentId: "a", after: "a1" } }], "a a1 a11 c@garden^a a2x b"],
    ["a task moves after another one", [{ op: "move", id: "a", to: { after: "b" } }], "a1 a11 a2x b a c"],
    ["a task goes to the end of its siblings only", [{ op: "move", id: "a1", to: { before: null } }], "a a11 a2x a1 b c"],
    ["a task goes to the top", [{ op: "move", id: "b", to: { after: null } }], "b a a1 a11 a2x c"],
    ["a move next to an unknown task changes nothing", [{ op: "move", id: "b", to: { before: "unknown" } }], untouched],
    ["a list takes its tasks to the trash", [{ op: "delete", kind: "list", id: "garden" }], "a- a1- a11- a2x- b- c"],
    ["a list is restored with its tasks", [{ op: "delete", kind: "list", id: "garden" }, { op: "restore", kind: "list", id: "garden" }], untouched],
    ["a list is erased with its tasks", [{ op: "erase", kind: "list", id: "garden" }], "c"],
    ["a task restored without its list is in the Inbox", [{ op: "delete", kind: "list", id: "garden" }, { op: "restore", id: "b" }], "a- a1- a11- a2x- b@inbox c"],
    ["a sub-task restored without its task is on the top level", [{ op: "delete", id: "a" }, { op: "restore", id: "a1" }], "a- a1^ a11 a2x- b c"],
  ])("%s", ([, operations, wanted]) => {
    // As one batch, and as one write for each operation.
    for (const writes of [[operations], operations.map((operation) => [operation])]) {
      const { outline, write } = open();
      const pending = writes.map((batch) => write(...batch));
      expect(outline()).toBe(wanted);
      // Rolling back, in any order, restores the start.
      for (const { settle } of pending) settle();
      expect(outline()).toBe(untouched);
    }
  });

  test("a sub-task that was deleted before its task is not restored with it", () => {
    const { outline, read, write } = open();
    read([{ ...(garden[2] as Task), deletedAt: earlier, version: 2 }, { ...(garden[4] as Task), deletedAt: earlier, version: 2 }]);
    write({ op: "delete", id: "a" });
    expect(outline()).toBe("a- a1- a11- a2x- b c");
    write({ op: "restore", id: "a" });
    expect(outline()).toBe("a a1- a11- a2x b c");
  });

  test("a failed write rolls back its own change only", () => {
    const { outline, write, complete } = open();
    const first = complete("a");
    write({ op: "delete", id: "a1" });
    first.settle();
    expect(outline()).toBe("a a1- a11- a2x b c");
  });

  test("a new sub-task is in its parent's list, and is deleted with it", () => {
    const { store, write } = open();
    write({ op: "create", data: { title: "New", parentId: "a1" } });
    write({ op: "delete", id: "a" });
    expect(store.all("task").find(({ version }) => version === 0)).toMatchObject({ listId: "garden", deletedAt: expect.any(String) });
  });

  test("a sub-task of a draft stays a sub-task of the created task", () => {
    const { outline, store, write } = open();
    const plan = planOf([{ op: "create", kind: "task", data: { title: "New", listId: "garden" } }]);
    const creating = store.edit(plan);
    write({ op: "move", id: "b", to: { parentId: plan.drafts[0]!.data.id, after: null } });
    creating.settle([{ ...state(taskOf({ id: "new", listId: "garden", position: "d" })), isNew: true }]);
    expect(outline()).toBe("a a1 a11 a2x b^new c new@garden^");
    write({ op: "delete", id: "new" });
    expect(outline()).toBe("a a1 a11 a2x b-^new c new-@garden^");
  });

  test("a created task is deleted with its list", () => {
    const { outline, store, write } = open();
    const creating = write({ op: "create", data: { title: "New", listId: "garden", parentId: "a" } });
    creating.settle([{ ...state(taskOf({ id: "new", listId: "garden", parentId: "a" })), isNew: true }]);
    write({ op: "delete", kind: "list", id: "garden" });
    expect(outline()).toBe("new-@garden^a a- a1- a11- a2x- b- c");
    store.apply([{ kind: "list", id: "garden", data: null }]);
    expect(outline()).toBe("c");
  });

  test("tasks that are read later have the pending writes too", () => {
    const { outline, read, write, store } = open([]);
    const since = store.now();
    write({ op: "delete", kind: "list", id: "garden" }, { op: "update", id: "c", changes: { completed: true } });
    read(garden, since);
    expect(outline()).toBe("a- a1- a11- a2x- b- cx");
  });

  test("a write names every task it changes, so that later writes can wait", () => {
    const { complete } = open();
    expect([...complete("a").ids].toSorted()).toEqual(["a", "a1", "a11"]);
  });
});

describe("after the server has responded", () => {
  const done = { ...(garden[1] as Task), completed: true, completedAt: later, version: 2 };

  test("sub-tasks keep their predicted state until their own state arrives", () => {
    const { outline, complete, store } = open();
    complete("a").settle([state(done)]);
    expect(outline()).toBe("ax a1x a11x a2x b c");
    store.apply([state({ ...(garden[2] as Task), completed: true, completedAt: later, version: 2 })]);
    expect(store.confirmed("a1")).toEqual(store.view("a1"));
    expect(outline()).toBe("ax a1x a11x a2x b c");
    store.apply([state({ ...(garden[4] as Task), title: "Changed elsewhere", version: 2 })]);
    expect(outline()).toBe("a a1 a11 a2x b c");
  });

  test("restored sub-tasks go back to the trash only by a change that arrived after the response", () => {
    const trashed = garden.slice(1, 5).map((task) => ({ ...(task as Task), deletedAt: earlier, version: 2 }));
    const { outline, store, write } = open(trashed);
    const { settle } = write({ op: "restore", id: "a" });
    const before = store.now();
    settle([state({ ...(trashed[0] as Task), deletedAt: null, version: 3 })]);
    store.confirm(before);
    expect(outline()).toBe("a a1 a11 a2x");
    store.confirm(store.now());
    expect(outline()).toBe("a a1- a11- a2x-");
  });

  test("a live change from elsewhere cascades too", () => {
    const { outline, store } = open();
    store.apply([state(done)]);
    expect(outline()).toBe("ax a1x a11x a2x b c");
    store.apply([{ kind: "list", id: "garden", data: null }]);
    expect(outline()).toBe("c");
  });

  test("older changes that arrive together with newer ones leave the newer state", () => {
    const { outline, complete, store } = open();
    const task = (index: number, completed: boolean, version: number) => state({ ...(garden[index] as Task), completed, version });
    complete("a").settle([task(1, true, 2)]);
    complete("a1", false).settle([task(2, false, 3)]);
    expect(outline()).toBe("a a1 a11x a2x b c");
    store.apply([task(1, true, 2), task(2, true, 2), task(4, true, 2), task(2, false, 3), task(1, false, 3)]);
    expect(outline()).toBe("a a1 a11x a2x b c");
  });

  test("the next write builds on the predicted state", () => {
    const { outline, complete, write } = open();
    complete("a").settle([state(done)]);
    const { settle } = write({ op: "update", id: "a1", changes: { completed: false } });
    expect(outline()).toBe("a a1 a11x a2x b c");
    settle();
    expect(outline()).toBe("ax a1x a11x a2x b c");
  });

  test("an older read is ignored, a newer one is applied", () => {
    const { outline, complete, read, store } = open();
    const before = store.now();
    complete("a").settle([state(done)]);
    read([garden[2]!, garden[4]!], before);
    expect(outline()).toBe("ax a1x a11x a2x b c");
    read([garden[2]!, garden[4]!]);
    expect(outline()).toBe("ax a1 a11 a2x b c");
  });
});

describe("a list in the cache", () => {
  const lists = (filters: object[]) => {
    const page = open();
    for (const [index, filter] of filters.entries()) {
      const key = keysOf("task").list(filter);
      const empty: Pages = { pages: [{ items: [], nextCursor: null, changes: index }], pageParams: [undefined] };
      page.queryClient.setQueryData(key, page.store.list("task", empty, filter, 0));
      page.store.apply(garden.map(state));
    }
    const idsOf = (filter: object) => itemsOf(page.queryClient.getQueryData<Pages>(keysOf("task").list(filter))).map(({ id }: Item) => id).join(" ");
    return { ...page, all: () => filters.map(idsOf) };
  };

  test("follows the cascade of a write at once", () => {
    const { all, complete } = lists([{ completed: false, sort: "position" }, { completed: true, sort: "position" }]);
    expect(all()).toEqual(["a a1 a11 b c", "a2"]);
    const { settle } = complete("a");
    expect(all()).toEqual(["b c", "a a1 a11 a2"]);
    settle();
    expect(all()).toEqual(["a a1 a11 b c", "a2"]);
  });

  test("filtered by parent has only the sub-tasks of that parent", () => {
    const { all, write } = lists([{ parentId: "a", sort: "position" }, { parentId: "none", sort: "position" }]);
    expect(all()).toEqual(["a1 a2", "a b c"]);
    write({ op: "move", id: "b", to: { parentId: "a", after: "a1" } });
    expect(all()).toEqual(["a1 b a2", "a c"]);
  });

  test("has the tasks of an archived list only if it is filtered by that list or by a parent", () => {
    const { all, store, write } = lists([{ sort: "position" }, { listId: "garden", sort: "position" }, { parentId: "a", sort: "position" }]);
    const archived = write({ op: "update", kind: "list" as KindName, id: "garden", changes: { archived: true } });
    const without = ["c", "a a1 a11 a2 b", "a1 a2"];
    expect(all()).toEqual(without);
    archived.settle([state(listOf({ archived: true, version: 2 }))]);
    expect(all()).toEqual(without);
    store.apply([state(listOf({ archived: false, version: 3 }))]);
    expect(all()).toEqual(["a a1 a11 a2 b c", "a a1 a11 a2 b", "a1 a2"]);
  });

  test("has the tasks of an unarchived list at once, also before either response", () => {
    const { all, write } = lists([{ sort: "position" }]);
    const archive = (archived: boolean) => write({ op: "update", kind: "list" as KindName, id: "garden", changes: { archived } });
    const before = all();
    const archived = archive(true);
    expect(all()).toEqual(["c"]);
    const restored = archive(false);
    expect(all()).toEqual(before);
    restored.settle();
    expect(all()).toEqual(["c"]);
    archived.settle();
    expect(all()).toEqual(before);
  });
});
