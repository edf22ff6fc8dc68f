import { onlineManager, QueryCache, QueryClient } from "@tanstack/react-query";
import { isApiError, isTransient } from "@tasklane/web-contract";
import { sessionChanged } from "../account/auth";

/** The longest that a write waits between two attempts, in milliseconds. */
const longestPause = 4_000;

/**
 * A cache for one user. A write waits for as long as the server is away or the
 * session has ended, and is sent once that is over. Every attempt has the same
 * key, so it happens once.
 */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache({ onError: askWhenSignedOut }),
    defaultOptions: {
      // "always": without a connection the page says so, in place of waiting silently.
      // Live changes keep everything up to date; what is read again is read for the clock's sake.
      queries: { networkMode: "always", staleTime: 300_000, refetchOnWindowFocus: false, refetchOnReconnect: false },
    },
  });
}

/** What every write adds to the options of its mutation. */
export const patience = {
  networkMode: "online",
  retry: (_failures: number, error: unknown) => {
    if (isSignedOut(error)) {
      pauseWrites();
      sessionChanged();
      return true;
    }
    return isTransient(error);
  },
  retryDelay: (failures: number) => Math.min(longestPause, 250 * 2 ** failures),
} as const;

/** How long writes are held back, in milliseconds, if it turns out that the session goes on after all. */
const pause = 5_000;

/** Holds all writes back until someone is signed in. */
function pauseWrites(): void {
  onlineManager.setOnline(false);
  setTimeout(() => onlineManager.setOnline(navigator.onLine), pause);
}

/** Sends the writes that were held back. */
export function resumeWrites(queryClient: QueryClient): void {
  onlineManager.setOnline(navigator.onLine);
  void queryClient.resumePausedMutations();
}

function askWhenSignedOut(error: unknown): void {
  if (isSignedOut(error)) sessionChanged();
}

function isSignedOut(error: unknown): boolean {
  return isApiError(error) && error.status === 401;
}
