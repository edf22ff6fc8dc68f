import type { Item } from "./kind.js";

/** The position of a draft: behind all that the server makes. */
export const last = "~";

/** Compares two resources in the manual order. */
export function compareOrder(a: Item, b: Item): number {
  return compareText(a.position, b.position) || compareText(a.id, b.id);
}

/**
 * Returns a position behind or before a sibling, or without one at an end,
 * which is shown until the server has chosen one; the item's own where it need
 * not change, or where the sibling is not known.
 */
export function positionAt(sibling: string | null | undefined, isAfter: boolean, item: Item, siblings: readonly Item[]): string {
  const others = siblings.filter(({ id, deletedAt }) => id !== item.id && !deletedAt).sort(compareOrder);
  const found = others.findIndex(({ id }) => id === sibling);
  if (sibling && found < 0) return item.position;
  const behind = isAfter ? found + 1 : sibling ? found : others.length;
  const [front, back] = [others[behind - 1], others[behind]];
  if ((!front || compareOrder(front, item) < 0) && (!back || compareOrder(item, back) < 0)) return item.position;
  // At the end, it is before what will be created.
  return between(front?.position ?? "", back?.position ?? last + last);
}

/** Returns a text that sorts behind one position and before another, which does not end with the least digit. */
function between(front: string, back: string): string {
  const behind = `${front}V`;
  return behind < back ? behind : `${back.slice(0, -1)}0V`;
}

/** Compares two texts by their code units. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
