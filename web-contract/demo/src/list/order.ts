import type { Action } from "../ui/ActionMenu";

interface Item {
  id: string;
}

/** Where an item is put: behind or before another one, or with null at the end. */
export type Beside = { after: string } | { before: string | null };

/** Items in the user's own order, and how to move them in it. */
export interface Order<Of extends Item> {
  isFirst: (item: Of) => boolean;
  isLast: (item: Of) => boolean;
  /** Moves an item by some places: -1 is up. */
  moveBy: (item: Of, places: number) => void;
  toTop: (item: Of) => void;
  toEnd: (item: Of) => void;
  /** Moves the item with an id beside another one. */
  moveBeside: (id: string, other: Of, place: "before" | "after") => void;
}

interface Parts<Of> {
  /** Returns an item and the others in its order as they are now: keys may come faster than the page is drawn. */
  read: (item: Of) => readonly Of[];
  /** Moves an item; `back` is where it was, `where` tells where it is now. */
  move: (item: Of, to: Beside, back: Beside, where: string) => void;
  announce: (message: string) => void;
}

/** The menu's actions that move an item in its order. */
export function movesOf<Of extends Item>(item: Of, order: Order<Of> | undefined): Action[] {
  const up = order && !order.isFirst(item) && [
    { text: "Move up", keys: "Alt ↑", run: () => order.moveBy(item, -1) },
    { text: "Move to the top", run: () => order.toTop(item) },
  ];
  const down = order && !order.isLast(item) && [
    { text: "Move down", keys: "Alt ↓", run: () => order.moveBy(item, 1) },
    { text: "Move to the end", run: () => order.toEnd(item) },
  ];
  return [...(up || []), ...(down || [])];
}

/** The place among other items, counted from the top. */
export function placeAmong(others: readonly Item[], at: number): Beside {
  const before = others[at - 1];
  return before ? { after: before.id } : { before: others[at]?.id ?? null };
}

export function createOrder<Of extends Item>({ read, move, announce }: Parts<Of>): Order<Of> {
  const placeOf = (item: Of) => read(item).findIndex(({ id }) => id === item.id);

  /** Moves an item to a place, counted from the top. */
  function moveTo(item: Of, wanted: number): void {
    const others = read(item).filter(({ id }) => id !== item.id);
    const from = placeOf(item);
    const to = Math.min(others.length, Math.max(0, wanted));
    if (from < 0) return;
    if (to === from) return announce(`It is at the ${from === 0 ? "top" : "end"}.`);
    move(item, placeAmong(others, to), placeAmong(others, from), `${to + 1} of ${others.length + 1}`);
  }

  return {
    isFirst: (item) => placeOf(item) === 0,
    isLast: (item) => placeOf(item) === read(item).length - 1,
    moveBy: (item, places) => moveTo(item, placeOf(item) + places),
    toTop: (item) => moveTo(item, 0),
    toEnd: (item) => moveTo(item, Infinity),
    moveBeside(id, other, place) {
      const item = read(other).find((item) => item.id === id);
      if (!item) return;
      const at = placeOf(other) + (place === "after" ? 1 : 0);
      const to = placeOf(item) < at ? at - 1 : at;
      if (to !== placeOf(item)) moveTo(item, to);
    },
  };
}
