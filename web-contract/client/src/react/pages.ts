import type { InfiniteData } from "@tanstack/react-query";
import type { Page, Task } from "../index.js";
import type { Item, KindName, LookUp } from "./kind.js";
import { rules } from "./kinds.js";

/** The loaded pages of a list. `last` is the resource before the next page, as it was read. */
export type Pages<Data extends Item = Item> = InfiniteData<Page<Data> & { last?: Item | undefined }, string | undefined>;

export type TaskPages = Pages<Task>;

/** Returns the loaded resources of a list. */
export const itemsOf = (list: Pages | undefined): Item[] => list?.pages.flatMap((page) => page.items) ?? [];

/**
 * Puts resources into their places in a list, and removes those that no longer
 * match. A resource that sorts after the last one that was read is left out of a list
 * with more pages, because it belongs to a later page.
 */
export function place(list: Pages, kind: KindName, filters: object, ids: ReadonlySet<string>, lookUp: LookUp): Pages {
  const { matches, compare } = rules[kind];
  const order = (a: Item, b: Item) => compare(a, b, filters);
  const all = itemsOf(list);
  const incoming = [...ids].flatMap((id) => {
    const item = lookUp(id);
    // If only the server knows whether it matches, it stays as it was until the list is refetched.
    return item && (matches(item, filters, lookUp) ?? all.some((other) => other.id === id)) ? item : [];
  });
  incoming.sort(order).reverse();
  const others = all.filter(({ id }) => !ids.has(id) || lookUp(id) === undefined).reverse();
  /** Takes the resources up to another one, or all; if an id is given, only the resource with that id. */
  const take = (other?: Item, id?: string) => {
    const taken: Item[] = [];
    for (let item; (item = incoming.at(-1)) && (!id || item.id === id) && (!other || order(item, other) <= 0); incoming.pop()) taken.push(item);
    return taken;
  };
  const pages = list.pages.map((page) => ({
    ...page,
    items: page.items.flatMap((old) => {
      const other = others.at(-1);
      return old === other ? [...take(others.pop()), old] : take(other, old.id);
    }),
  }));
  const end = pages.at(-1);
  if (end?.nextCursor) end.last ??= all.at(-1);
  end?.items.push(...take(end.last));
  return { ...list, pages };
}
