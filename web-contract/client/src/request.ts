import { ApiError, ConnectionError } from "./error.js";
import type { Problem } from "./types.js";

export interface ClientOptions {
  /** Origin of the bff, such as `https://app.example.com`. Default: the page's own. */
  baseUrl?: string;
  /** Sends the requests. Default: the global `fetch`. */
  fetch?: typeof fetch;
}

export interface CallOptions {
  /** Aborts the request; the call then rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** A value of a query parameter; an array repeats the parameter. */
type QueryValue = string | number | boolean | null | undefined;

export interface ApiRequest extends CallOptions {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  path: string;
  query?: Record<string, QueryValue | QueryValue[]>;
  body?: unknown;
}

/** Sends one request and returns the envelope of a success; anything else is thrown. */
export type Send = <Envelope>(request: ApiRequest) => Promise<Envelope>;

export function createSend({ baseUrl = "", fetch: fetchWith = fetch }: ClientOptions): Send {
  return async <Envelope>(request: ApiRequest): Promise<Envelope> => {
    let status: number | undefined;
    let text: string;
    try {
      const response = await fetchWith(baseUrl + request.path + queryString(request.query), requestInit(request));
      status = response.status;
      text = await response.text();
    } catch (cause) {
      if (request.signal?.aborted) throw cause;
      throw new ConnectionError("The server could not be reached.", { cause });
    }

    const envelope = parse(text);
    if (isProblem(envelope)) throw new ApiError(envelope);
    if (isSuccess(envelope)) return envelope as Envelope;
    throw new ConnectionError(`An answer with status ${status} did not come from the API.`, { status });
  };
}

function requestInit({ method, body, signal }: ApiRequest): RequestInit {
  const headers: Record<string, string> = { accept: "application/json" };
  const init: RequestInit = { method, headers, credentials: "include" };
  if (body !== undefined) {
    // The bff takes writes as JSON alone: a plain form of another site cannot send that.
    headers["content-type"] = "application/json";
    init.body = JSON.stringify(body);
  }
  if (signal) init.signal = signal;
  return init;
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

function isSuccess(value: unknown): boolean {
  return isObject(value) && value["success"] === true;
}

function isProblem(value: unknown): value is Problem {
  return isObject(value) && value["success"] === false && typeof value["code"] === "string";
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
