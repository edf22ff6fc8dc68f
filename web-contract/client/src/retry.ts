import { isApiError, isTransient } from "./error.js";

/** How often and how long a call is retried. Times are in milliseconds. */
export interface RetryPolicy {
  /** The most requests that one call sends, the first included. Default: 4; 1 turns retries off. */
  attempts?: number;
  /** The longest delay before the second attempt; it doubles with each later one. Default: 100. */
  baseDelay?: number;
  /** The longest delay before any attempt. Default: 5,000. */
  maxDelay?: number;
  /** The longest Retry-After to wait for; if it is longer, the call fails at once. Default: 30,000. */
  maxRetryAfter?: number;
  /** The longest that one attempt may take. Default: 12,000. */
  attemptTimeout?: number;
  /** The longest that a call may take with all its attempts. Default: 60,000. */
  timeout?: number;
}

/** Slightly longer than the bff's own timeouts, so that its response arrives before this client gives up. */
export const attemptTimeout = 12_000;

export type Retry = Required<RetryPolicy>;

export const defaultRetry: Retry = {
  attempts: 4,
  baseDelay: 100,
  maxDelay: 5_000,
  maxRetryAfter: 30_000,
  attemptTimeout,
  timeout: 60_000,
};

/**
 * Returns the delay before the next attempt, in milliseconds, or undefined if the call
 * must not be retried. Writes are retried like reads, because they have an idempotency key.
 */
export function nextDelay(retry: Retry, error: unknown, failed: number, random = Math.random()): number | undefined {
  if (failed >= retry.attempts || !isTransient(error)) return undefined;
  const retryAfter = retryAfterOf(error) * 1_000;
  // The jitter is added, so that clients that failed together do not retry together.
  return retryAfter > retry.maxRetryAfter ? undefined : retryAfter + backoff(retry, failed, random);
}

/** Returns a random delay between zero and a bound that doubles with every failure. */
export function backoff({ baseDelay, maxDelay }: Retry, failed: number, random = Math.random()): number {
  return random * Math.min(maxDelay, baseDelay * 2 ** (failed - 1));
}

/** Returns the Retry-After of the error, in seconds; 0 without one. */
export function retryAfterOf(error: unknown): number {
  return isApiError(error) && "retryAfter" in error ? error.retryAfter : 0;
}

/** Parses a Retry-After header: a number of seconds or a date. */
export function parseRetryAfter(value: string | null, now = Date.now()): number | undefined {
  if (!value) return undefined;
  const seconds = /^\d+$/.test(value) ? Number(value) : (Date.parse(value) - now) / 1_000;
  return Number.isNaN(seconds) ? undefined : Math.max(0, seconds);
}

/** The longest delay of a timer, in milliseconds: a longer one would end at once. */
export const longestTimer = 2 ** 31 - 1;

/** Waits, or rejects with the signal's reason when it fires. */
export function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      if (signal.aborted) reject(signal.reason);
      else resolve();
    };
    const timer = setTimeout(end, Math.min(milliseconds, longestTimer));
    signal.addEventListener("abort", end);
    if (signal.aborted) end();
  });
}
