import type { InfiniteData, UseInfiniteQueryResult } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";

type Pages<Item> = InfiniteData<{ items: Item[] }>;

/** The loaded items of a list. */
export function itemsOf<Item>(list: Pages<Item> | undefined): Item[] {
  return list?.pages.flatMap(({ items }) => items) ?? [];
}

/** Loads all pages of a list, and returns the items that are loaded. */
export function useAllPages<Item>({ data, hasNextPage, isFetching, isError, fetchNextPage }: UseInfiniteQueryResult<Pages<Item>>): Item[] {
  useEffect(() => {
    if (hasNextPage && !isFetching && !isError) void fetchNextPage();
  }, [hasNextPage, isFetching, isError, fetchNextPage]);
  return useMemo(() => itemsOf(data), [data]);
}
