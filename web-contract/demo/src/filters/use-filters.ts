import { useMemo } from "react";
import { currentRoute, narrow, useRoute } from "../app/route";
import { filtersOf, queryOf, usualSort, type Filters } from "./filters";

/** The filters in the page's address, and a function that changes some of them. */
export function useFilters(): [Filters, (changes: Partial<Filters>) => void] {
  const { query, list } = useRoute();
  const usual = usualSort(list);
  const filters = useMemo(() => filtersOf(query, usual), [query, usual]);
  return [filters, (changes) => narrow(queryOf({ ...filters, ...changes }, usual))];
}

/** Sorts the list in the user's own order. */
export function sortByHand(): void {
  const { query, list } = currentRoute();
  const usual = usualSort(list);
  narrow(queryOf({ ...filtersOf(query, usual), sort: "manual" }, usual));
}
