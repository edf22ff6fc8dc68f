import { QueryCache, QueryClient } from "@tanstack/react-query";
import { askWhenSignedOut } from "./signed-out";

/** A cache for one user. */
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
