import type { List, ListListsOptions } from "../index.js";
import type { Kind } from "./kind.js";
import { compareOrder, last } from "./order.js";

/** The filters of the lists. */
export type ListFilters = Omit<ListListsOptions, "cursor">;

export const list: Kind<List, ListFilters> = {
  relations: [],
  settle: (next) => ({ ...next, name: next.name.trim(), position: next.position ?? last }),
  matches: ({ deletedAt, archived }, filters) =>
    (deletedAt !== null) === (filters.deleted ?? false) && (filters.archived ?? archived) === archived,
  compare: compareOrder,
  isServerSide: () => false,
  views: {},
};
