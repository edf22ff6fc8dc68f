import type { Action } from "../ui/ActionMenu";

interface Item {
  id: string;
}

/** The new place of an item: after or before another one; before null is at the end. */
type Beside = { after: string } | { before: string | null };

/** Moves items in the user's own order. */
export interface Order<Of extends Item> {
  /** Returns the menu's actions that move an item. */
  movesOf: (item: Of) => Action[];
  /** Moves an item by a number of places; negative is up. */
  moveBy: (item: Of, places: number) => void;
  /** Moves an item before or after another one. */
  moveBeside: (id: string, other: Of, place: "before" | "after") => void;
}

interface Parts<Of> {
  /** Returns an item and its siblings in their current order: keys can be pressed faster than the page renders. */
  read: (item: Of) => readonly Of[];
  /** Moves an item. `back` is its old place, and `where` its new place in words. */
  move: (item: Of, to: Beside, back: Beside, where: string) => void;
  announce: (message: string) => void;
}

/** Returns the place at an index among other items. */
export function placeAmong(others: readonly Item[], index: number): Beside {
  const previous = others[index - 1];
  return previous ? { after: previous.id } : { before: others[index]?.id ?? null };
}

export function createOrder<Of extends Item>({ read, move, announce }: Parts<Of>): Order<Of> {
  const indexOf = (item: Of) => read(item).findIndex(({ id }) => id === item.id);

  /** Moves an item to an index. */
  function moveTo(item: Of, wanted: number): void {
    const others = read(item).filter(({ id }) => id !== item.id);
    const from = indexOf(item);
    const to = Math.min(others.length, Math.max(0, wanted));
    if (from < 0) return;
    if (to === from) return announce(`It is at the ${from === 0 ? "top" : "end"}.`);
    move(item, placeAmong(others, to), placeAmong(others, from), `${to + 1} of ${others.length + 1}`);
  }

  return {
    movesOf(item) {
      const [index, last] = [indexOf(item), read(item).length - 1];
      const up = [
        { text: "Move up", keys: "Alt ↑", run: () => moveTo(item, indexOf(item) - 1) },
        { text: "Move to the top", run: () => moveTo(item, 0) },
      ];
      const down = [
        { text: "Move down", keys: "Alt ↓", run: () => moveTo(item, indexOf(item) + 1) },
        { text: "Move to the end", run: () => moveTo(item, Infinity) },
      ];
      return [...(index === 0 ? [] : up), ...(index === last ? [] : down)];
    },
    moveBy: (item, places) => moveTo(item, indexOf(item) + places),
    moveBeside(id, other, place) {
      const item = read(other).find((item) => item.id === id);
      if (!item) return;
      const target = indexOf(other) + (place === "after" ? 1 : 0);
      const to = indexOf(item) < target ? target - 1 : target;
      if (to !== indexOf(item)) moveTo(item, to);
    },
  };
}
