import type { ErrorCode, FieldError, Problem, Task } from "./types.js";

/** What an error carries besides the rest, by its code. */
interface Details {
  /** The task as it is now. */
  version_conflict: { readonly current: Task };
  /** The parts of the request that break a rule. */
  invalid: { readonly errors: readonly FieldError[] };
  rate_limited: Waiting;
  overloaded: Waiting;
  unavailable: Waiting;
  auth_unavailable: Waiting;
  timeout: Waiting;
}

interface Waiting {
  /** In how many seconds to try again; 1 where the server does not say. */
  readonly retryAfter: number;
}

interface Refusal<Code extends ErrorCode> extends Error {
  readonly name: "ApiError";
  /** The stable name of the reason. */
  readonly code: Code;
  /** The HTTP status. */
  readonly status: number;
  /** Names the request in the servers' logs. */
  readonly requestId: string;
}

/**
 * The server refused or failed the request and said why. `message` is a
 * sentence for people; programs decide by `code`, which also tells what else
 * the error has: `current`, `errors` or `retryAfter`.
 */
export type ApiError<Code extends ErrorCode = ErrorCode> = Code extends ErrorCode
  ? Refusal<Code> & (Code extends keyof Details ? Details[Code] : unknown)
  : never;

export const ApiError = class ApiError extends Error {
  override readonly name = "ApiError";
  readonly code: ErrorCode;
  readonly status: number;
  readonly requestId: string;

  constructor({ code, status, requestId, error, errors, current }: Problem, retryAfter = 1) {
    super(error);
    this.code = code;
    this.status = status;
    this.requestId = requestId;
    if (code === "version_conflict") Object.assign(this, { current });
    if (code === "invalid") Object.assign(this, { errors: errors ?? [] });
    if ([429, 503, 504].includes(status)) Object.assign(this, { retryAfter });
  }
} as unknown as {
  /** `retryAfter` is that of the answer's header, in seconds. */
  new <Code extends ErrorCode>(problem: Problem & { code: Code }, retryAfter?: number): ApiError<Code>;
  readonly prototype: ApiError;
};

/**
 * No answer, or one that is not Tasklane's own: the network is down, the
 * connection broke, or something in between answered. `status` is undefined
 * when there was no answer at all.
 */
export class ConnectionError extends Error {
  override readonly name = "ConnectionError";
  readonly status: number | undefined;

  constructor(message: string, options: { status?: number; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.status = options.status;
  }
}

/** Whether error came from the API, and with this code if one is given. */
export function isApiError(error: unknown): error is ApiError;
export function isApiError<Code extends ErrorCode>(error: unknown, code: Code): error is ApiError<Code>;
export function isApiError(error: unknown, code?: ErrorCode): error is ApiError {
  return error instanceof ApiError && (code === undefined || error.code === code);
}

/**
 * Whether the same request may well succeed a little later: nothing was
 * reached, or the server said it is overloaded or cut off from a part it needs.
 */
export function isTransient(error: unknown): boolean {
  if (error instanceof ConnectionError) return true;
  return isApiError(error) && [429, 502, 503, 504].includes(error.status);
}
