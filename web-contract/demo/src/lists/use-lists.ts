import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import type { List } from "@tasklane/web-contract";
import { isDraft, taskKeys } from "@tasklane/web-contract/react";
import { createContext, useCallback, useContext, useEffect, useMemo, useRef } from "react";
import { itemsOf, useAllPages } from "../data/pages";
import { useWorkspace } from "../data/workspace";

/** The user's lists outside the trash, in their order. */
export interface Lists {
  /** Whether all of them are loaded. */
  loaded: boolean;
  active: readonly List[];
  /** The active lists that are not drafts, into which tasks can be moved. */
  ready: readonly List[];
  archived: readonly List[];
  /** Returns the list with this id, also an archived one. */
  find: (id: string | null | undefined) => List | undefined;
  /** Returns the active lists in the cache, which may be newer than the rendered ones. */
  readActive: () => readonly List[];
}

/** Stands for the Inbox where the id of a list is expected. */
export const inbox = "inbox";

const none: Lists = { loaded: false, active: [], ready: [], archived: [], find: () => undefined, readActive: () => [] };

export const ListsContext = createContext(none);

export const useLists = () => useContext(ListsContext);

const isActive = ({ archived }: List) => !archived;

/** Returns how many open tasks a list has: its id, or inbox. */
export function useListCounts(): (list: string) => number {
  const { queries } = useWorkspace();
  const { loaded } = useLists();
  const { data } = useQuery({ ...queries.stats(), enabled: loaded });
  return useMemo(() => {
    const counts = new Map(data?.byList.map(({ listId, count }) => [listId ?? inbox, count]));
    return (list) => counts.get(list) ?? 0;
  }, [data]);
}

/** Refetches tasks when a list is archived or unarchived, because the server leaves out the tasks of archived lists. */
function useRefetch(archived: readonly List[], loaded: boolean): void {
  const queryClient = useQueryClient();
  const ids = archived.map(({ id }) => id).join();
  const lastIds = useRef<string>(undefined);
  useEffect(() => {
    if (!loaded || lastIds.current === ids) return;
    const isFirst = lastIds.current === undefined;
    lastIds.current = ids;
    if (!isFirst) void queryClient.invalidateQueries({ queryKey: taskKeys.lists });
  }, [queryClient, loaded, ids]);
}

/** Loads all lists, after the page's first response. */
export function useLoadedLists(started: boolean): Lists {
  const { queries } = useWorkspace();
  const queryClient = useQueryClient();
  const query = useMemo(() => queries.lists(), [queries]);
  const loading = useInfiniteQuery({ ...query, enabled: started });
  const all = useAllPages(loading);
  const loaded = loading.data !== undefined && !loading.hasNextPage;
  const readActive = useCallback(
    () => itemsOf<List>(queryClient.getQueryData(query.queryKey)).filter(isActive),
    [queryClient, query],
  );
  const lists = useMemo<Lists>(() => {
    const byId = new Map(all.map((list) => [list.id, list]));
    return {
      loaded,
      active: all.filter(isActive),
      ready: all.filter((list) => isActive(list) && !isDraft(list)),
      archived: all.filter((list) => !isActive(list)),
      find: (id) => (id ? byId.get(id) : undefined),
      readActive,
    };
  }, [all, loaded, readActive]);
  useRefetch(lists.archived, loaded);
  return lists;
}
