import type { ErrorCode, FieldError, Problem } from "./types.js";

/**
 * The server refused or failed the request and said why. `message` is a
 * sentence for people; programs decide by `code`.
 */
export class ApiError<Code extends ErrorCode = ErrorCode> extends Error {
  override readonly name = "ApiError";
  readonly code: Code;
  /** The HTTP status. */
  readonly status: number;
  /** The fields that break a rule; empty unless `code` is `invalid`. */
  readonly fields: readonly FieldError[];
  /** Names the request in the servers' logs. */
  readonly requestId: string;
  /** The task as it is now, with the code `version_conflict`. */
  readonly current: Code extends "version_conflict" ? NonNullable<Problem["current"]> : undefined;

  constructor(problem: Problem & { code: Code }) {
    super(problem.error);
    this.code = problem.code;
    this.status = problem.status;
    this.fields = problem.errors ?? [];
    this.requestId = problem.requestId;
    this.current = problem.current as typeof this.current;
  }
}

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
  return error instanceof ApiError && [429, 502, 503, 504].includes(error.status);
}
