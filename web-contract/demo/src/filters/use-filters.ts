import { useMemo } from "react";
import { currentRoute, replaceQuery, useRoute } from "../app/route";
import { defaultSort, filtersOf, queryOf, type Filters } from "./filters";

/** The filters in the page's address, and a function that changes some of them. */
export function useFilters(): [Filters, (changes: Partial<Filters>) => void] {
  const { query, list } = useRoute();
  const sortDefault = defaultSort(list);
  const filters = useMemo(() => filtersOf(query, sortDefault), [query, sortDefault]);
  return [filters, (changes) => replaceQuery(queryOf({ ...filters, ...changes }, sortDefault))];
}

/** Sorts the list in the user's own order. */
export function sortByHand(): void {
  const { query, list } = currentRoute();
  const sortDefault = defaultSort(list);
  replaceQuery(queryOf({ ...filtersOf(query, sortDefault), sort: "manual" }, sortDefault));
}
