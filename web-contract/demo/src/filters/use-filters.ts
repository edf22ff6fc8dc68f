import { useMemo } from "react";
import { currentRoute, narrow, useRoute } from "../app/route";
import { filtersOf, queryOf, type Filters } from "./filters";

/** The filters of the page's address, and how to set some of them. */
export function useFilters(): [Filters, (changes: Partial<Filters>) => void] {
  const { query } = useRoute();
  const filters = useMemo(() => filtersOf(query), [query]);
  return [filters, (changes) => narrow(queryOf({ ...filters, ...changes }))];
}

/** Sorts the list in the user's own order. */
export function sortByHand(): void {
  narrow(queryOf({ ...filtersOf(currentRoute().query), sort: "manual" }));
}
