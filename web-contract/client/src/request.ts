import { ApiError, ConnectionError } from "./error.js";
import { longestTimer, nextDelay, parseRetryAfter, wait, type Retry, type RetryPolicy } from "./retry.js";
import type { Problem } from "./types.js";

export interface ClientOptions {
  /** Origin of the bff, such as `https://app.example.com`. Default: the page's own. */
  baseUrl?: string;
  /** Sends the requests. Default: the global `fetch`. */
  fetch?: typeof fetch;
  /** Sent with every request. */
  headers?: Record<string, string>;
  /** The user's Cookie header, for a server that acts for the user. A browser sends its own. */
  cookie?: string;
  /** How calls are retried; false turns retries off. */
  retry?: RetryPolicy | false;
}

export interface CallOptions {
  /** Aborts the request; the call then rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

export interface WriteOptions extends CallOptions {
  /**
   * A write with the same key within a day gets the response of the first and
   * changes nothing. Default: a new key, the same for all attempts of the call.
   */
  idempotencyKey?: string | undefined;
}

export interface VersionedOptions extends WriteOptions {
  /** The version that the resource must still have; otherwise the call fails with `version_conflict`. */
  version?: number | undefined;
}

/** A value of a query parameter; an array repeats the parameter. */
type QueryValue = string | number | boolean | null | undefined;

export interface ApiRequest extends VersionedOptions {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  path: string;
  query?: Record<string, QueryValue | QueryValue[]>;
  body?: unknown;
}

/** Sends a request, retries it, and returns the envelope of a success. Throws otherwise. */
export type Send = <Envelope>(request: ApiRequest) => Promise<Envelope>;

/** Sends one request and returns a response with status 2xx. Throws otherwise. */
export type Open = (path: string, init: RequestInit & { headers: Record<string, string> }) => Promise<Response>;

export function createOpen({ baseUrl = "", fetch: fetchWith, headers, cookie }: ClientOptions): Open {
  return async (path, init) => {
    const response = await reach(init.signal, () =>
      (fetchWith ?? fetch)(baseUrl.replace(/\/$/, "") + path, {
        ...init,
        credentials: "include",
        // A renewed session's cookie would not reach the browser from here.
        headers: { ...headers, ...(cookie && { cookie, "x-session-renewal": "none" }), ...init.headers },
      }),
    );
    if (response.ok) return response;
    const problem = parse(await reach(init.signal, () => response.text()));
    if (isProblem(problem)) throw new ApiError(problem, parseRetryAfter(response.headers.get("retry-after")));
    throw notFromApi(response.status);
  };
}

export function createSend(open: Open, retry: Retry): Send {
  return async <Envelope>(request: ApiRequest): Promise<Envelope> => {
    request.signal?.throwIfAborted();
    const path = request.path + queryString(request.query);
    const init = requestInit(request);
    return withTimeout(retry.timeout, request.signal, async (call) => {
      for (let attempts = 1; ; attempts++) {
        try {
          return await withTimeout(retry.attemptTimeout, call, async (signal) => {
            const response = await open(path, { ...init, signal });
            const envelope = parse(await reach(signal, () => response.text()));
            if (isObject(envelope) && envelope["success"] === true) return envelope as Envelope;
            throw notFromApi(response.status);
          });
        } catch (error) {
          const delay = nextDelay(retry, error, attempts);
          if (delay === undefined || call.aborted) throw error;
          await wait(delay, call);
        }
      }
    });
  };
}

/** Calls the function with a signal that aborts with the outer one, or with a ConnectionError after the timeout. */
async function withTimeout<T>(
  milliseconds: number,
  outer: AbortSignal | undefined,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const abort = () => controller.abort(outer?.reason);
  outer?.addEventListener("abort", abort);
  const late = () => controller.abort(new ConnectionError("The server did not respond in time."));
  const timer = setTimeout(late, Math.min(milliseconds, longestTimer));
  try {
    return await run(controller.signal);
  } finally {
    clearTimeout(timer);
    outer?.removeEventListener("abort", abort);
  }
}

/** Converts a network error to a ConnectionError, and an abort to the signal's reason. */
async function reach<T>(signal: AbortSignal | null | undefined, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    throw signal?.aborted ? signal.reason : new ConnectionError("The server could not be reached.", { cause });
  }
}

function notFromApi(status: number): ConnectionError {
  return new ConnectionError(`A response with status ${status} did not come from the API.`, { status });
}

function requestInit({ method, body, version, idempotencyKey }: ApiRequest) {
  const headers: Record<string, string> = { accept: "application/json" };
  const init: RequestInit & { headers: typeof headers } = { method, headers };
  if (method !== "GET") {
    // One key for all attempts makes them one write.
    headers["idempotency-key"] = idempotencyKey ?? newKey();
    if (version !== undefined) headers["if-match"] = `"${version}"`;
  }
  if (body !== undefined) {
    // The bff accepts only JSON: a plain form on another site cannot send that.
    headers["content-type"] = "application/json";
    init.body = JSON.stringify(body);
  }
  return init;
}

/** Returns a random idempotency key. Pages without https have no `randomUUID`. */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join("-");
}

function queryString(query: ApiRequest["query"] = {}): string {
  const params = new URLSearchParams();
  for (const [name, values] of Object.entries(query)) {
    for (const value of [values].flat()) {
      if (value !== undefined && value !== null) params.append(name, String(value));
    }
  }
  const text = String(params);
  return text && `?${text}`;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isProblem(value: unknown): value is Problem {
  return isObject(value) && value["success"] === false && typeof value["code"] === "string";
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
