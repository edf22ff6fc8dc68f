import { queryOptions, type QueryClient } from "@tanstack/react-query";
import type { Client, Settings } from "../index.js";
import { refreshSoon } from "./invalidation.js";
import { taskKeys } from "./keys.js";

/** Returns the newer one of two states of the settings. */
const newer = (known: Settings | undefined, read: Settings) => (known && known.version > read.version ? known : read);

/** Caches settings unless newer ones are known, and refetches the queries that depend on them. */
export function cacheSettings(queryClient: QueryClient, settings: Settings): void {
  queryClient.setQueryData<Settings>(taskKeys.settings, (known) => newer(known, settings));
  refreshSoon(queryClient);
}

export const settingsQuery = (client: Client) =>
  queryOptions({
    queryKey: taskKeys.settings,
    queryFn: async ({ client: queryClient, signal }) => {
      const read = await client.getSettings({ signal });
      return newer(queryClient.getQueryData(taskKeys.settings), read);
    },
    retry: false,
  });
