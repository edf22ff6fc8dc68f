import { useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { isApiError, isTransient, type Client, type WatchState } from "../index.js";
import { defaultRetry, wait } from "../retry.js";
import { refreshSoon } from "./invalidation.js";
import { taskKeys } from "./keys.js";
import type { TaskPages } from "./lists.js";
import { storeOf } from "./store.js";

/** How it stands with live changes. After ended the user has to sign in again. */
export type LiveState = WatchState | "ended" | "failed";

export interface LiveTasks {
  state: LiveState;
  /** Why there are no more changes, with ended and failed. */
  error: unknown;
}

/** The number of the last change that a cache has taken in. */
const positions = new WeakMap<QueryClient, number>();

/**
 * Feeds what happens to the tasks, here or anywhere else, into the cache for
 * as long as the component is there. Call it once, high up on the page.
 */
export function useLiveTasks(client: Client, { enabled = true }: { enabled?: boolean } = {}): LiveTasks {
  const queryClient = useQueryClient();
  const [live, setLive] = useState<LiveTasks>({ state: "connecting", error: null });

  useEffect(() => {
    if (!enabled) return;
    const controller = new AbortController();
    const { signal } = controller;
    const tell = (state: LiveState, error: unknown = null) => {
      if (!signal.aborted) setLive({ state, error });
    };
    feedTasks(queryClient, client, signal, tell).catch((error: unknown) => {
      tell(isApiError(error) && error.status === 401 ? "ended" : "failed", error);
    });
    return () => controller.abort();
  }, [queryClient, client, enabled]);

  return live;
}

/** Does the same without React, until the signal fires or the watch ends for good. */
export async function feedTasks(
  queryClient: QueryClient,
  client: Client,
  signal: AbortSignal,
  onState: (state: WatchState) => void = () => {},
): Promise<void> {
  const store = storeOf(queryClient);
  let after = positions.get(queryClient);
  if (after === undefined) {
    after = oldestList(queryClient) ?? (await present(client, signal, onState));
    // Counts and agendas may have been read before that change, and no other need follow.
    refreshSoon(queryClient);
  }
  for (;;) {
    store.liveSince = after;
    try {
      for await (const { seq, task, taskId } of client.watch(after, { signal, onState })) {
        store.told(task ? [task] : [], task ? [] : [taskId]);
        positions.set(queryClient, seq);
        refreshSoon(queryClient);
      }
    } catch (error) {
      if (!isApiError(error, "cursor_expired")) throw error;
      // Away for too long: what is here may be anything by now.
      after = await present(client, signal, onState);
      positions.set(queryClient, after);
      void queryClient.invalidateQueries({ queryKey: taskKeys.all });
    }
  }
}

/** The present change number; waits for the server as long as that takes. */
async function present(client: Client, signal: AbortSignal, onState: (state: WatchState) => void): Promise<number> {
  for (;;) {
    try {
      return (await client.listTasks({ limit: 1 }, { signal })).changes;
    } catch (error) {
      if (!isTransient(error)) throw error;
      onState("offline");
      await wait(defaultRetry.maxDelay, signal);
    }
  }
}

/** The change number from which all lists in the cache can be brought up to date. */
function oldestList(queryClient: QueryClient): number | undefined {
  const numbers = queryClient
    .getQueriesData<TaskPages>({ queryKey: taskKeys.lists })
    .flatMap(([, list]) => list?.pages.map((page) => page.changes) ?? []);
  return numbers.length > 0 ? Math.min(...numbers) : undefined;
}
