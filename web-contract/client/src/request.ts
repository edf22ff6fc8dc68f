import { ApiError, ConnectionError } from "./error.js";
import { defaultRetry, nextDelay, parseRetryAfter, wait, type RetryPolicy } from "./retry.js";
import type { Problem } from "./types.js";

export interface ClientOptions {
  /** Origin of the bff, such as `https://app.example.com`. Default: the page's own. */
  baseUrl?: string;
  /** Sends the requests. Default: the global `fetch`. */
  fetch?: typeof fetch;
  /** Sent with every request. */
  headers?: Record<string, string>;
  /** The user's Cookie header, for requests that a server makes in the user's name. A browser sends its own. */
  cookie?: string;
  /** How calls are repeated; false for never. */
  retry?: RetryPolicy | false;
}

export interface CallOptions {
  /** Aborts the request; the call then rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

export interface WriteOptions extends CallOptions {
  /**
   * Names the write: another with the same key, within a day, gets the answer
   * of the first and changes nothing. Default: a new key, the same for all
   * attempts of the call.
   */
  idempotencyKey?: string | undefined;
}

export interface VersionedOptions extends WriteOptions {
  /** The version that the task must still have; otherwise the call fails with `version_conflict`. */
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

/** Sends a request, again if that helps, and returns the envelope of a success; anything else is thrown. */
export type Send = <Envelope>(request: ApiRequest) => Promise<Envelope>;

/** Sends one request and returns an answer that is no failure; anything else is thrown. */
export type Open = (path: string, init: RequestInit & { headers: Record<string, string> }) => Promise<Response>;

export function createOpen({ baseUrl = "", fetch: fetchWith, headers, cookie }: ClientOptions): Open {
  return async (path, init) => {
    const response = await reach(init.signal, () =>
      (fetchWith ?? fetch)(baseUrl + path, {
        ...init,
        credentials: "include",
        headers: { ...headers, ...(cookie && { cookie }), ...init.headers },
      }),
    );
    if (response.ok) return response;
    const problem = parse(await reach(init.signal, () => response.text()));
    if (isProblem(problem)) throw new ApiError(problem, parseRetryAfter(response.headers.get("retry-after")));
    throw foreign(response.status);
  };
}

export function createSend(open: Open, policy: RetryPolicy | false = {}): Send {
  const retry = { ...defaultRetry, ...(policy || { attempts: 1 }) };

  return async <Envelope>(request: ApiRequest): Promise<Envelope> => {
    const { signal } = request;
    signal?.throwIfAborted();
    const limit = new AbortController();
    const abort = () => limit.abort(signal?.reason);
    signal?.addEventListener("abort", abort);
    const late = new ConnectionError("The server did not answer in time.");
    const timer = setTimeout(() => limit.abort(late), retry.timeout);
    const path = request.path + queryString(request.query);
    const init = requestInit(request, limit.signal);
    try {
      for (let attempt = 1; ; attempt++) {
        try {
          const response = await open(path, init);
          const envelope = parse(await reach(limit.signal, () => response.text()));
          if (isObject(envelope) && envelope["success"] === true) return envelope as Envelope;
          throw foreign(response.status);
        } catch (error) {
          const delay = nextDelay(retry, error, attempt);
          if (delay === undefined || limit.signal.aborted) throw error;
          await wait(delay, limit.signal);
        }
      }
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    }
  };
}

/** Turns a failure of the network into a ConnectionError, and an abort into the signal's reason. */
async function reach<T>(signal: AbortSignal | null | undefined, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    throw signal?.aborted ? signal.reason : new ConnectionError("The server could not be reached.", { cause });
  }
}

function foreign(status: number): ConnectionError {
  return new ConnectionError(`An answer with status ${status} did not come from the API.`, { status });
}

function requestInit({ method, body, version, idempotencyKey }: ApiRequest, signal: AbortSignal) {
  const headers: Record<string, string> = { accept: "application/json" };
  const init: RequestInit & { headers: typeof headers } = { method, headers, signal };
  if (method !== "GET") {
    // One key for all attempts makes them one write.
    headers["idempotency-key"] = idempotencyKey ?? newKey();
    if (version !== undefined) headers["if-match"] = `"${version}"`;
  }
  if (body !== undefined) {
    // The bff takes writes as JSON alone: a plain form of another site cannot send that.
    headers["content-type"] = "application/json";
    init.body = JSON.stringify(body);
  }
  return init;
}

/** A random key. Not `randomUUID`, which pages have on https alone. */
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
  return params.size > 0 ? `?${params}` : "";
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
