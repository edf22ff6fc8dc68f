import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { isApiError, isTransient } from "@tasklane/web-contract";
import { useState, type ReactNode } from "react";
import { sessionChanged } from "../account/auth";
import { NoticeProvider } from "../ui/notices";

/**
 * Holds what was loaded for one user. It goes when they sign out, so nobody
 * sees another user's tasks, not even for a moment.
 */
export function SignedIn({ children }: { children: ReactNode }) {
  const [queryClient] = useState(createQueryClient);
  return (
    <QueryClientProvider client={queryClient}>
      <NoticeProvider>{children}</NoticeProvider>
    </QueryClientProvider>
  );
}

function createQueryClient(): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache({ onError: leaveWhenSignedOut }),
    mutationCache: new MutationCache({ onError: leaveWhenSignedOut }),
    defaultOptions: {
      // "always": without a connection the page says so, in place of waiting silently.
      queries: {
        networkMode: "always",
        staleTime: 10_000,
        retry: (failures, error) => failures < 2 && isTransient(error),
      },
      mutations: { networkMode: "always" },
    },
  });
}

function leaveWhenSignedOut(error: unknown): void {
  if (isApiError(error) && error.status === 401) sessionChanged();
}
