import type { BatchOperation } from "../index.js";
import type { Item } from "./kind.js";

/** The place that a move names: behind or before another resource, or with null at an end. */
export type Destination = Extract<BatchOperation, { op: "move" }>["to"];

/** The position of a draft: behind all that the server makes. */
export const last = "~";

const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** Compares two resources in the manual order. */
export function compareOrder(a: Item, b: Item): number {
  return compareText(a.position, b.position) || compareText(a.id, b.id);
}

/** Returns the id of the resource that a place is next to, if any. */
export function siblingOf({ after, before }: Destination): string | undefined {
  return after ?? before ?? undefined;
}

/**
 * Returns a position in that place for a resource, which is shown until the
 * server has chosen one; its own where it need not change, or where the other
 * resource is not known.
 */
export function positionAt(to: Destination, item: Item, all: readonly Item[]): string {
  const others = all.filter(({ id, deletedAt }) => id !== item.id && deletedAt === null).sort(compareOrder);
  const sibling = siblingOf(to);
  const found = others.findIndex(({ id }) => id === sibling);
  if (sibling !== undefined && found < 0) return item.position;
  const behind = to.after === undefined ? (sibling ? found : others.length) : found + 1;
  const [front, back] = [others[behind - 1], others[behind]];
  if ((!front || compareOrder(front, item) < 0) && (!back || compareOrder(item, back) < 0)) return item.position;
  // Behind the last one, but before what will be created.
  return back ? between(front?.position ?? "", back.position) : `${front?.position}V`;
}

/** Returns a text that sorts behind one position and before another. An empty one is the beginning, or the end. */
function between(front: string, back: string): string {
  const low = Math.max(digits.indexOf(front.charAt(0)), 0);
  const end = digits.indexOf(back.charAt(0));
  const high = back === "" || end < 0 ? digits.length : end;
  if (low === high) return back.charAt(0) + between(front.slice(1), back.slice(1));
  if (high - low === 1) return digits.charAt(low) + between(front.slice(1), "");
  return digits.charAt((low + high) >> 1);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
