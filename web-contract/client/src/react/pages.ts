import type { InfiniteData } from "@tanstack/react-query";
import type { Page, Task } from "../index.js";
import type { Item, KindName, LookUp } from "./kind.js";
import { rules } from "./kinds.js";

/** The loaded pages of a list. */
export type Pages<Data extends Item = Item> = InfiniteData<Page<Data>, string | undefined>;

export type TaskPages = Pages<Task>;

/** Returns the loaded resources of a list. */
export const itemsOf = (list: Pages | undefined): Item[] => list?.pages.flatMap((page) => page.items) ?? [];

/**
 * Puts a resource, as it is looked up, where it belongs in a list, or removes it
 * if it does not belong there. A resource that sorts after everything loaded
 * stays out of a list with more pages: it comes with its own.
 */
export function place(list: Pages, kind: KindName, filters: object, id: string, lookUp: LookUp): Pages {
  const item = lookUp(id);
  if (item === undefined) return list;
  const { matches, compare } = rules[kind];
  const order = (a: Item, b: Item) => compare(a, b, filters);
  const all = itemsOf(list);
  const at = all.findIndex((other) => other.id === id);
  const without = at < 0 ? list : mapPages(list, (items) => items.filter((other) => other.id !== id));
  // What only the server can tell stays as it was until the list is read again.
  if (item === null || !(matches(item, filters, lookUp) ?? at >= 0)) return without;
  if (at >= 0) {
    const [before, after] = [all[at - 1], all[at + 1]];
    if ((!before || order(before, item) < 0) && (!after || order(item, after) < 0)) {
      return mapPages(list, (items) => items.map((other) => (other.id === id ? item : other)));
    }
  }
  return insert(without, item, order);
}

function insert(list: Pages, item: Item, order: (a: Item, b: Item) => number): Pages {
  const isLater = (other: Item) => order(item, other) < 0;
  const holdsLater = list.pages.findIndex((page) => page.items.some(isLater));
  const target = holdsLater >= 0 ? holdsLater : list.pages.length - 1;
  if (holdsLater < 0 && list.pages[target]?.nextCursor) return list;
  return mapPages(list, (items, page) => {
    if (page !== target) return items;
    const at = items.findIndex(isLater);
    return items.toSpliced(at < 0 ? items.length : at, 0, item);
  });
}

function mapPages(list: Pages, change: (items: Item[], page: number) => Item[]): Pages {
  return { ...list, pages: list.pages.map((page, index) => ({ ...page, items: change(page.items, index) })) };
}
