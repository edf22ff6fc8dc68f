import { QueryCache, QueryClient } from "@tanstack/react-query";
import { checkSessionOn } from "./signed-out";

/** A cache for one user. */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache({ onError: checkSessionOn }),
    defaultOptions: {
      // "always": without a connection the page reports it instead of waiting silently.
      // Live changes keep everything up to date; refetching is only for the time of day.
      queries: { networkMode: "always", staleTime: 300_000, refetchOnWindowFocus: false, refetchOnReconnect: false },
    },
  });
}
