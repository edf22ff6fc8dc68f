import type { Item, LookUp, Relation } from "./kind.js";

/** The fields of a resource of any kind. */
type Fields = Record<string, unknown>;

const fieldsOf = (item: Item | null | undefined) => item as unknown as Fields | null | undefined;

/** Returns the id of a resource's owner, if it has one. */
export const ownerId = (item: Item, { field }: Relation) => fieldsOf(item)![field] as string | null | undefined;

/** Returns a resource after a change of its owner: the same object if the change does not affect it. */
export function cascade(item: Item, before: Item, after: Item | null | undefined, { shared, flags = [], visibility = [] }: Relation): Item | null {
  if (!after) return null;
  const [own, from, to] = [item, before, after].map(fieldsOf) as [Fields, Fields, Fields];
  const differs = (field: string) => from[field] !== to[field];
  const changed = [...shared, ...flags.filter((flag) => to[flag] && !item.deletedAt)].filter((field) => differs(field) && own[field] === from[field]);
  return changed.length > 0 || visibility.some(differs) ? copy(item, after, changed) : item;
}

/** Returns a written resource with the shared fields of its owner; without the owner if that is in the trash. */
export function attach(item: Item, relation: Relation, lookUp: LookUp): Item {
  const owner = lookUp(ownerId(item, relation) ?? "");
  if (!owner || item.deletedAt) return item;
  return owner.deletedAt ? ({ ...item, [relation.field]: null } as Item) : copy(item, owner, relation.shared);
}

/** Returns the owner of a resource without the flags that the resource does not have. */
export function clearFlags(owner: Item, item: Item, { flags = [] }: Relation): Item {
  const removed = item.deletedAt ? [] : flags.filter((flag) => fieldsOf(owner)![flag] && !fieldsOf(item)![flag]);
  return removed.length > 0 ? copy(owner, item, removed) : owner;
}

function copy(to: Item, from: Item, fields: readonly string[]): Item {
  return { ...to, ...Object.fromEntries(fields.map((field) => [field, fieldsOf(from)![field]])) };
}
