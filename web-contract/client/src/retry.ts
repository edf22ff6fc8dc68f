import { isApiError, isTransient } from "./error.js";

/** How often and how long a call is repeated. Times are in milliseconds. */
export interface RetryPolicy {
  /** The most requests that one call sends, the first included. Default: 4; 1 repeats nothing. */
  attempts?: number;
  /** The longest wait before the second attempt; it doubles with each further one. Default: 100. */
  baseDelay?: number;
  /** The bound of that growth. Default: 5,000. */
  maxDelay?: number;
  /** The longest Retry-After that is waited for; the call fails at once if the server asks for more. Default: 30,000. */
  maxRetryAfter?: number;
  /** The most that a call takes with all its attempts. Default: 60,000. */
  timeout?: number;
}

export type Retry = Required<RetryPolicy>;

export const defaultRetry: Retry = {
  attempts: 4,
  baseDelay: 100,
  maxDelay: 5_000,
  maxRetryAfter: 30_000,
  timeout: 60_000,
};

/**
 * The wait in milliseconds before another attempt, after so many that failed,
 * the last one with this error; undefined if none may follow. A write may be
 * repeated as well as a read: by its key the server knows it again.
 */
export function nextDelay(retry: Retry, error: unknown, failed: number, random = Math.random()): number | undefined {
  if (failed >= retry.attempts || !isTransient(error)) return undefined;
  const asked = secondsAsked(error) * 1_000;
  // The jitter comes on top, or all who were turned away at once would come back at once.
  return asked > retry.maxRetryAfter ? undefined : asked + backoff(retry, failed, random);
}

/** A random wait, from none to a bound that doubles with every failure. */
export function backoff({ baseDelay, maxDelay }: Retry, failed: number, random = Math.random()): number {
  return random * Math.min(maxDelay, baseDelay * 2 ** (failed - 1));
}

/** The Retry-After that came with the error; 0 if none did. */
export function secondsAsked(error: unknown): number {
  return isApiError(error) && "retryAfter" in error ? error.retryAfter : 0;
}

/** Reads a Retry-After header, which is a number of seconds or a date. */
export function parseRetryAfter(value: string | null, now = Date.now()): number | undefined {
  if (!value) return undefined;
  const seconds = /^\d+$/.test(value) ? Number(value) : (Date.parse(value) - now) / 1_000;
  return Number.isNaN(seconds) ? undefined : Math.max(0, seconds);
}

/** Waits, or rejects with the signal's reason when it fires. */
export function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      if (signal.aborted) reject(signal.reason);
      else resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal.addEventListener("abort", end);
    if (signal.aborted) end();
  });
}
