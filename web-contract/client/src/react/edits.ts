import { kinds } from "../generated/kinds.js";
import type { BatchOperation } from "../index.js";
import { newKey } from "../request.js";
import { withoutUndefined } from "./keys.js";
import type { Item, KindName, ListedResource } from "./kind.js";
import { rules } from "./kinds.js";
import { positionAt } from "./order.js";
import { ownerId } from "./relations.js";

/** The effect of a write on a resource before the server responds; null erases it. */
export type Edit = (item: Item, resources: Resources) => Item | null;

/** Looks up the resources other than the edited one. */
export interface Resources {
  all: (kind: KindName) => readonly Item[];
  /** Returns the server's id for that of a draft which has been created, and any other id unchanged. */
  idOf: (id: string) => string;
}

/** The predicted effect of a write, shown until the server responds. */
export interface Plan {
  /** The edits in their order, with the ids of their resources. */
  edits: readonly (readonly [id: string, edit: Edit])[];
  /** The new resources, as the server will probably create them. */
  drafts: readonly ListedResource[];
}

const draftPrefix = "draft-";

/** Returns the id of the draft that a write with this idempotency key shows; `index` counts the drafts of one write. */
export function draftId(key: string, index = 0): string {
  return draftPrefix + (index === 0 ? key : `${key}-${index}`);
}

/** Reports whether the id is that of a draft. */
export function isDraftId(id: string): boolean {
  return id.startsWith(draftPrefix);
}

/** Reports whether the resource is shown before the server has it. */
export function isDraft(item: Item): boolean {
  return item.version === 0;
}

/** Returns the predicted effect of a write. */
export function planOf(operations: readonly BatchOperation[], key = newKey()): Plan {
  const now = new Date().toISOString();
  const edits: [string, Edit][] = [];
  const drafts: ListedResource[] = [];
  for (const operation of operations) {
    if (operation.op === "create") {
      const { kind, data } = operation;
      drafts.push({ kind, data: draftOf(kind, draftId(key, drafts.length), data, now) } as ListedResource);
    } else {
      edits.push([operation.id, editOf(operation, now)]);
    }
  }
  return { edits, drafts };
}

function draftOf(kind: KindName, id: string, request: object, now: string): Item {
  const { own, defaults } = kinds[kind];
  const blank = Object.fromEntries(own.map((field) => [field, null]));
  const made = { id, version: 0, createdAt: now, updatedAt: now };
  return rules[kind].settle({ ...blank, ...made, ...defaults, ...withoutUndefined(request) } as unknown as Item, undefined, now);
}

function editOf(operation: Exclude<BatchOperation, { op: "create" }>, now: string): Edit {
  const { kind, op } = operation;
  if (op === "erase") return () => null;
  const fields = {
    ...(op === "delete" && { deletedAt: now }),
    ...(op === "restore" && { deletedAt: null }),
    ...(op === "replace" && { ...kinds[kind].defaults, ...operation.data }),
    ...(op === "update" && operation.changes),
  };
  return (item, { all, idOf }) => {
    const { after, before, ...owners } = placeOf(operation, idOf);
    const next = rules[kind].settle({ ...item, ...withoutUndefined({ ...fields, ...owners }), updatedAt: now } as Item, item, now);
    if (op !== "move") return next;
    const siblings = all(kind).filter((other) => nearestOwner(kind, other) === nearestOwner(kind, next));
    return { ...next, position: positionAt(after ?? before, after !== undefined, next, siblings) };
  };
}

/** Returns the owners and the sibling that a move names, by their current ids; nothing for other operations. */
export function placeOf(operation: BatchOperation, idOf: Resources["idOf"]): Record<string, string | null | undefined> {
  const place = operation.op === "move" ? operation.to : {};
  return Object.fromEntries(Object.entries(place).map(([name, id]) => [name, id && idOf(id)]));
}

/** Returns the id of the owner that a resource shares with its siblings. */
function nearestOwner(kind: KindName, item: Item): string | null | undefined {
  return rules[kind].relations.map((relation) => ownerId(item, relation)).find((id) => id);
}
