import { MutationObserver, type MutationOptions, type QueryClient } from "@tanstack/react-query";
import { createClient, isApiError, isTransient } from "@tasklane/web-contract";
import { createMutations } from "@tasklane/web-contract/react";
import type { User } from "../account/auth";
import type { Notices } from "../ui/notices";
import { isGone, reason } from "./messages";
import { checkSessionOn, isSignedOut } from "./signed-out";

export type Sender = ReturnType<typeof createSender>;

/** The maximum delay between two attempts of a write, in milliseconds. */
const maxDelay = 4_000;

/**
 * The mutation options of every write. It is retried for as long as the server
 * cannot be reached or the session has ended. All attempts have the same key, so
 * it happens once.
 */
const retrying = (idempotencyKey: string) =>
  ({
    meta: { idempotencyKey },
    networkMode: "online",
    retry: (_failures: number, error: unknown) => {
      checkSessionOn(error);
      // A page that was closed may have just sent the same write.
      return isSignedOut(error) || isTransient(error) || isApiError(error, "idempotency_in_progress");
    },
    retryDelay: (failures: number) => Math.min(maxDelay, 250 * 2 ** failures),
  }) as const;

/**
 * Sends the writes of one user. They do not belong to a component, so they continue
 * when the user leaves the view. While another user may be signed in, they are held
 * back; otherwise they would become that user's.
 */
export function createSender(user: User, queryClient: QueryClient, notices: Notices) {
  const gate = createGate();
  const client = createClient({
    headers: { "expected-user": user.id },
    async fetch(input, init) {
      await gate.passed();
      return fetch(input, init);
    },
  });

  return {
    mutations: createMutations(client),
    retrying,

    send<Data, Variables, Context>(
      options: MutationOptions<Data, Error, Variables, Context>,
      variables: Variables,
    ): Promise<Data> {
      return new MutationObserver(queryClient, options).mutate(variables);
    },

    /** Resolves to whether a write was saved. Permanent errors are passed to `onFailure`. */
    saved: (written: Promise<unknown>, onFailure: (error: unknown) => void): Promise<boolean> =>
      written.then(
        () => true,
        (error: unknown) => {
          onFailure(error);
          return false;
        },
      ),

    /** Reports a permanent error, and offers a retry unless the resource no longer exists. */
    failed(what: string, error: unknown, retry: () => void): void {
      notices.show({
        message: `${what} ${reason(error)}`,
        failure: true,
        ...(!isGone(error) && { action: { label: "Try again", run: retry } }),
      });
    },

    /** Releases writes after their user has signed in. */
    start(): void {
      gate.open();
      void queryClient.resumePausedMutations();
    },

    /** Holds writes back until the next start. */
    stop: gate.close,
  };
}

function createGate() {
  const waiting = new Set<() => void>();
  let closed = true;
  return {
    open(): void {
      closed = false;
      for (const pass of waiting) pass();
      waiting.clear();
    },
    close(): void {
      closed = true;
    },
    async passed(): Promise<void> {
      if (closed) await new Promise<void>((pass) => waiting.add(pass));
    },
  };
}
