import { kinds } from "../generated/kinds.js";
import type { BatchOperation } from "../index.js";
import { newKey } from "../request.js";
import { present } from "./keys.js";
import type { Item, KindName, ListedResource } from "./kind.js";
import { rules } from "./kinds.js";
import { positionAt } from "./order.js";

/** What a write does to a resource before the server has answered; null erases it. */
export type Edit = (item: Item) => Item | null;

/** What a write shows until it is answered. */
export interface Plan {
  /** The edits, by the id of the resource. */
  edits: ReadonlyMap<string, Edit>;
  /** The new resources, as the server will probably make them. */
  drafts: readonly ListedResource[];
}

const draftPrefix = "draft-";

/** Returns the id of the draft that a write with this idempotency key shows; `at` counts the drafts of one write. */
export function draftId(key: string, at = 0): string {
  return draftPrefix + (at === 0 ? key : `${key}-${at}`);
}

/** Reports whether it is the id of a draft. */
export function isDraftId(id: string): boolean {
  return id.startsWith(draftPrefix);
}

/** Reports whether the resource is shown before the server has it. */
export function isDraft(item: Item): boolean {
  return item.version === 0;
}

/**
 * Returns what a write shows: its operations on one resource are applied one
 * after the other. `others` are the known resources of a kind, among which a
 * move finds its place.
 */
export function planOf(
  operations: readonly BatchOperation[],
  key = newKey(),
  others: (kind: KindName) => readonly Item[] = () => [],
): Plan {
  const now = new Date().toISOString();
  const positions = new Map<string, string>();
  const edits = new Map<string, Edit>();
  const drafts: ListedResource[] = [];
  for (const operation of operations) {
    if (operation.op === "create") {
      const { kind, data } = operation;
      drafts.push({ kind, data: draftOf(kind, draftId(key, drafts.length), data, now) } as ListedResource);
      continue;
    }
    const { id } = operation;
    const earlier = edits.get(id);
    const edit = operation.op === "move" ? moveOf(operation) : editOf(operation, now);
    edits.set(id, (item) => {
      const before = earlier ? earlier(item) : item;
      return before && edit(before);
    });
  }
  return { edits, drafts };

  function moveOf({ kind, id, to }: Extract<BatchOperation, { op: "move" }>): Edit {
    const all = others(kind).map((item) => ({ ...item, position: positions.get(item.id) ?? item.position }));
    const item = all.find((item) => item.id === id);
    if (!item) return (item) => item;
    const position = positionAt(to, item, all);
    positions.set(id, position);
    return (item) => ({ ...item, position });
  }
}

function draftOf(kind: KindName, id: string, request: object, now: string): Item {
  const { own, defaults } = kinds[kind];
  const blank = Object.fromEntries(own.map((field) => [field, null]));
  const made = { id, version: 0, createdAt: now, updatedAt: now };
  return rules[kind].settle({ ...blank, ...made, ...defaults, ...present(request) } as unknown as Item, undefined, now);
}

function editOf(operation: Exclude<BatchOperation, { op: "create" | "move" }>, now: string): Edit {
  const { kind, op } = operation;
  if (op === "erase") return () => null;
  if (op === "delete") return (item) => ({ ...item, deletedAt: now, updatedAt: now });
  if (op === "restore") return (item) => ({ ...item, deletedAt: null });
  const fields = op === "replace" ? { ...kinds[kind].defaults, ...present(operation.data) } : present(operation.changes);
  return (item) => rules[kind].settle({ ...item, ...fields, updatedAt: now } as Item, item, now);
}
