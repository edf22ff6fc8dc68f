import { useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { isApiError, isTransient, type Change, type Client, type WatchState } from "../index.js";
import { defaultRetry, wait } from "../retry.js";
import { batchDelay, refreshSoon } from "./invalidation.js";
import { keysOf, taskKeys } from "./keys.js";
import { kindNames } from "../generated/kinds.js";
import type { Pages } from "./pages.js";
import { cacheSettings } from "./settings.js";
import { storeOf, type State } from "./store.js";
import { watchShared } from "./shared-watch.js";

/** The state of the connection. `ended`: the user has to sign in again. */
export type LiveState = WatchState | "ended" | "failed";

export interface LiveChanges {
  state: LiveState;
  /** The error with which live changes ended or failed. */
  error: unknown;
}

export interface LiveOptions {
  /** Whether to watch. Default: true. */
  enabled?: boolean;
  /**
   * The id of the signed-in user. Tabs of one browser that name the same user
   * share one connection.
   */
  user?: string | undefined;
}

/**
 * Keeps the cache up to date with live changes while the component is mounted.
 * Call it once, near the root of the page.
 */
export function useLiveChanges(client: Client, { enabled = true, user }: LiveOptions = {}): LiveChanges {
  const queryClient = useQueryClient();
  const [live, setLive] = useState<LiveChanges>({ state: "connecting", error: null });

  useEffect(() => {
    if (!enabled) return;
    const controller = new AbortController();
    const { signal } = controller;
    const tell = (state: LiveState, error: unknown = null) => {
      if (!signal.aborted) setLive({ state, error });
    };
    feedChanges(queryClient, client, signal, tell, user).catch((error: unknown) => {
      tell(isApiError(error) && error.status === 401 ? "ended" : "failed", error);
    });
    return () => controller.abort();
  }, [queryClient, client, enabled, user]);

  return live;
}

/** Does the same outside a component. Rejects with the signal's reason, or with an error that a retry cannot fix. */
export async function feedChanges(
  queryClient: QueryClient,
  client: Client,
  signal: AbortSignal,
  onState: (state: WatchState) => void = () => {},
  user?: string,
): Promise<void> {
  const store = storeOf(queryClient);
  /** Returns the current change number; retries until the server responds. */
  const currentNumber = async () => {
    for (;;) {
      try {
        return (await client.listTasks({ limit: 1 }, { signal })).changes;
      } catch (error) {
        if (!isTransient(error)) throw error;
        onState("offline");
        await wait(defaultRetry.maxDelay, signal);
      }
    }
  };
  let after = store.position;
  if (after === undefined) {
    after = oldestList(queryClient) ?? (await currentNumber());
    // Counts and agendas may be older than that change, and perhaps no other change will refresh them.
    refreshSoon(queryClient);
  }
  // The changes of a cascade arrive together, and are shown together.
  let arrived: Change[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const onChange = (change: Change) => {
    if (arrived.push(change) > 1) return;
    setTimeout(() => {
      const changes = arrived;
      arrived = [];
      if (signal.aborted) return;
      store.apply(changes as State[]);
      for (const { kind, data, seq } of changes) {
        if (kind === "settings" && data) cacheSettings(queryClient, data);
        store.position = seq;
      }
      clearTimeout(timer);
      timer = setTimeout(store.confirm, batchDelay, store.now());
      refreshSoon(queryClient);
    });
  };
  for (;;) {
    store.liveSince = after;
    try {
      await watchShared(client, user, after, { signal, onState, onChange });
    } catch (error) {
      if (!isApiError(error, "cursor_expired")) throw error;
      // Offline for too long: anything in the cache may be stale.
      after = await currentNumber();
      store.position = after;
      void queryClient.invalidateQueries({ queryKey: taskKeys.all });
    }
  }
}

/** Returns the change number from which all lists in the cache can be brought up to date. */
function oldestList(queryClient: QueryClient): number | undefined {
  const numbers = kindNames
    .flatMap((kind) => queryClient.getQueriesData<Pages>({ queryKey: keysOf(kind).lists }))
    .flatMap(([, list]) => list?.pages.map((page) => page.changes) ?? []);
  return numbers.length > 0 ? Math.min(...numbers) : undefined;
}
