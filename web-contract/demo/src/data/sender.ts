import { MutationObserver, type MutationOptions, type QueryClient } from "@tanstack/react-query";
import { isApiError } from "@tasklane/web-contract";
import type { Notices } from "../ui/notices";
import { reason } from "./messages";

export type Sender = ReturnType<typeof createSender>;

/** Sends writes that belong to no component: they go on wherever the user goes meanwhile. */
export function createSender(queryClient: QueryClient, notices: Notices) {
  return {
    send<Data, Variables, Context>(
      options: MutationOptions<Data, Error, Variables, Context>,
      variables: Variables,
    ): Promise<Data> {
      return new MutationObserver(queryClient, options).mutate(variables);
    },

    /** Says what went wrong for good, and offers to try it again unless its task is gone. */
    failed(what: string, error: unknown, retry: () => void): void {
      const gone = isApiError(error, "task_not_found");
      notices.show({
        message: `${what} ${reason(error)}`,
        failure: true,
        ...(!gone && { action: { label: "Try again", run: retry } }),
      });
    },
  };
}
