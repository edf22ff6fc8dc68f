import type { Bond, Item, LookUp } from "./kind.js";

/** The fields of a resource of any kind. */
type Fields = Record<string, unknown>;

const fieldsOf = (item: Item | null | undefined) => item as unknown as Fields | null | undefined;

/** Returns the id of the owner by a bond, if there is one. */
export const ownerId = (item: Item, { by }: Bond) => fieldsOf(item)![by] as string | null | undefined;

/** Returns a resource after a change of its owner: the same object if the change does not affect it. */
export function follow(item: Item, before: Item, after: Item | null | undefined, { shared, marks = [], deciding = [] }: Bond): Item | null {
  if (!after) return null;
  const [own, from, to] = [item, before, after].map(fieldsOf) as [Fields, Fields, Fields];
  const differs = (field: string) => from[field] !== to[field];
  const changed = [...shared, ...marks.filter((mark) => to[mark] && !item.deletedAt)].filter((field) => differs(field) && own[field] === from[field]);
  return changed.length > 0 || deciding.some(differs) ? copy(item, after, changed) : item;
}

/** Returns a written resource with the shared fields of its owner, or detached from an owner in the trash. */
export function bind(item: Item, bond: Bond, lookUp: LookUp): Item {
  const owner = lookUp(ownerId(item, bond) ?? "");
  if (!owner || item.deletedAt) return item;
  return owner.deletedAt ? ({ ...item, [bond.by]: null } as Item) : copy(item, owner, bond.shared);
}

/** Returns the owner of a resource without the marks that the resource does not have. */
export function unmark(owner: Item, item: Item, { marks = [] }: Bond): Item {
  const removed = item.deletedAt ? [] : marks.filter((mark) => fieldsOf(owner)![mark] && !fieldsOf(item)![mark]);
  return removed.length > 0 ? copy(owner, item, removed) : owner;
}

function copy(to: Item, from: Item, fields: readonly string[]): Item {
  return { ...to, ...Object.fromEntries(fields.map((field) => [field, fieldsOf(from)![field]])) };
}
