import type { Item } from "./kind.js";

/** The position of a draft: after all positions of the server. */
export const last = "~";

/** Compares two resources in the manual order. */
export function compareOrder(a: Item, b: Item): number {
  return compareText(a.position, b.position) || compareText(a.id, b.id);
}

/**
 * Returns a position after or before a sibling, or at an end without one. It is
 * shown until the server has chosen one. If the item is already in that place, or
 * the sibling is unknown, it is the item's own position.
 */
export function positionAt(sibling: string | null | undefined, isAfter: boolean, item: Item, siblings: readonly Item[]): string {
  const others = siblings.filter(({ id, deletedAt }) => id !== item.id && !deletedAt).sort(compareOrder);
  const found = others.findIndex(({ id }) => id === sibling);
  if (sibling && found < 0) return item.position;
  const behind = isAfter ? found + 1 : sibling ? found : others.length;
  const [front, back] = [others[behind - 1], others[behind]];
  if ((!front || compareOrder(front, item) < 0) && (!back || compareOrder(item, back) < 0)) return item.position;
  // Drafts, which are at `last`, stay behind it.
  return between(front?.position ?? "", back?.position ?? last + last);
}

/** Returns a text that sorts after one position and before another, which does not end with the smallest digit. */
function between(front: string, back: string): string {
  const behind = `${front}V`;
  return behind < back ? behind : `${back.slice(0, -1)}0V`;
}

/** Compares two texts by their code units. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
