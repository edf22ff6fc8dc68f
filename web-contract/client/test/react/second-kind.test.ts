import { QueryClient } from "@tanstack/react-query";
import { expect, test, vi } from "vitest";
import type { BatchOperation } from "../../src/index.js";
import { planOf } from "../../src/react/edits.js";
import { keysOf, taskKeys } from "../../src/react/keys.js";
import type { Item, Kind, KindName } from "../../src/react/kind.js";
import { rules } from "../../src/react/kinds.js";
import type { Pages } from "../../src/react/pages.js";
import { storeOf, type State } from "../../src/react/store.js";
import { taskOf } from "./backend.js";

/** A kind that the contract does not have. */
interface Note extends Pick<Item, "id" | "version" | "createdAt" | "updatedAt" | "deletedAt"> {
  name: string;
  color: string;
}

vi.mock(import("../../src/generated/kinds.js"), async (original) => {
  const { kinds, kindNames } = await original();
  const own = ["createdAt", "deletedAt", "id", "updatedAt", "version"];
  const note = { defaults: { color: "gray", name: "" }, moments: [], own };
  return { kinds: { ...kinds, note }, kindNames: [...kindNames, "note"] } as never;
});

const kind = "note" as KindName;

(rules as Record<string, Kind>)["note"] = {
  relations: [],
  settle: (next) => next,
  matches: ({ deletedAt }, { deleted = false }: { deleted?: boolean }) => (deletedAt !== null) === deleted,
  compare: (a, b) => (a.id < b.id ? -1 : 1),
  isServerSide: () => false,
  views: {},
};

test("a second kind has its own drafts, edits and live changes, and a batch may mix both", () => {
  const queryClient = new QueryClient();
  const empty = { pages: [{ items: [], nextCursor: null, changes: 1 }], pageParams: [undefined] };
  const [keys, store] = [keysOf(kind), storeOf(queryClient)];
  for (const key of [keys.list(), keys.list({ deleted: true }), taskKeys.list()]) queryClient.setQueryData(key, empty);
  const shown = (key: readonly unknown[]) => queryClient.getQueryData<Pages>(key)!.pages[0]!.items as unknown as Note[];
  const stateOf = (data: Note): State => ({ kind, id: data.id, data: data as unknown as Item });
  const saved: Note = { ...taskOf({ id: "note-1" }), name: "Home", color: "red" };

  const { settle } = store.edit(
    planOf([
      { op: "create", kind, data: { name: "Home" } } as unknown as BatchOperation,
      { op: "create", kind: "task", data: { title: "Water the plants" } },
    ]),
  );
  expect(shown(keys.list())).toMatchObject([{ name: "Home", color: "gray", version: 0 }]);
  expect(shown(taskKeys.list())).toMatchObject([{ title: "Water the plants" }]);
  const made = taskOf({ id: "task-1" });
  settle([
    { ...stateOf(saved), isNew: true },
    { kind: "task", id: made.id, data: made, isNew: true },
  ]);
  expect([shown(keys.list()), shown(taskKeys.list())]).toEqual([[saved], [made]]);

  store.edit(planOf([{ op: "delete", kind, id: saved.id }]));
  expect([shown(keys.list()), shown(keys.list({ deleted: true }))]).toMatchObject([[], [{ id: saved.id }]]);
  store.apply([{ kind, id: saved.id, data: null }]);
  expect([shown(keys.list({ deleted: true })), shown(taskKeys.list())]).toEqual([[], [made]]);
});
