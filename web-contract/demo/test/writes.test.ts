import type { QueryClient } from "@tanstack/react-query";
import type { BatchOperation, List } from "@tasklane/web-contract";
import { expect, test } from "vitest";
import { createOutbox } from "../src/data/outbox";
import type { Sender } from "../src/data/sender";
import { createUndo } from "../src/data/undo";
import { createWrites } from "../src/data/writes";
import type { Drafts } from "../src/editor/drafts";
import { createNotices } from "../src/ui/notices";
import { cacheOf, task } from "./tasks";

/** Returns the writes of a page, and the batches that they send. */
function open(queryClient: QueryClient) {
  const sent: string[] = [];
  const notices = createNotices();
  const undo = createUndo(notices);
  const sender = {
    mutations: new Proxy({}, { get: (_, name) => () => name }),
    retrying: () => ({}),
    send: async (_: unknown, operations: BatchOperation[]) => {
      sent.push(operations.map((operation) => JSON.stringify(operation.op === "update" ? { [operation.id]: operation.changes } : [operation.op, "id" in operation && operation.id])).join(" "));
    },
    saved: (written: Promise<unknown>) => written.then(() => true),
  } as unknown as Sender;
  const writes = createWrites({ queryClient, drafts: {} as Drafts, sender, outbox: createOutbox("ann"), notices, undo });
  return { writes, undo, sent };
}

const all = [task("a1", "a"), task("a", null), task("b1", "b"), task("c", null)];

test("a task that is deleted with its parent is deleted and restored only through it", async () => {
  const { writes, undo, sent } = open(await cacheOf(all));
  writes.removeAll(all);
  undo.undoLast();
  expect(sent).toEqual(['["delete","a"] ["delete","b1"] ["delete","c"]', '["restore","a"] ["restore","b1"] ["restore","c"]']);
});

test("a task that moves to a list with its parent stays its sub-task", async () => {
  const { writes, undo, sent } = open(await cacheOf(all));
  writes.putIn(all, { id: "garden", name: "Garden" } as List);
  undo.undoLast();
  const moved = '{"listId":"garden","parentId":null}';
  expect(sent).toEqual([
    `{"a":${moved}} {"b1":${moved}} {"c":${moved}}`,
    '{"a":{"listId":null,"parentId":null}} {"b1":{"listId":null,"parentId":"b"}} {"c":{"listId":null,"parentId":null}}',
  ]);
});
