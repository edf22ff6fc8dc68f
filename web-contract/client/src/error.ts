import type { ErrorCode, FieldError, Problem, Resource } from "./types.js";

/** The additional fields of an error, by its code. */
interface Details extends Record<RetryableCode, RetryDetails> {
  /** The resource as it is now. */
  version_conflict: { readonly current: Resource };
}

type RetryableCode = "rate_limited" | "overloaded" | "unavailable" | "auth_unavailable" | "timeout";

interface RetryDetails {
  /** The seconds to wait before a retry; 1 if the server does not say. */
  readonly retryAfter: number;
}

interface ErrorResponse<Code extends ErrorCode> extends Error {
  readonly name: "ApiError";
  /** The stable name of the reason. */
  readonly code: Code;
  /** The HTTP status. */
  readonly status: number;
  /** The invalid fields if the code is `invalid`; in a batch, the operation that failed, such as `operations[1].id`. Otherwise empty. */
  readonly errors: readonly FieldError[];
  /** Identifies the request in the servers' logs. */
  readonly requestId: string;
}

/**
 * An error response of the server. `message` is a sentence for people; programs
 * decide by `code`. Some codes have `current` or `retryAfter`.
 */
export type ApiError<Code extends ErrorCode = ErrorCode> = Code extends ErrorCode
  ? ErrorResponse<Code> & (Code extends keyof Details ? Details[Code] : unknown)
  : never;

export const ApiError = class ApiError extends Error {
  override readonly name = "ApiError";
  readonly code: ErrorCode;
  readonly status: number;
  readonly errors: readonly FieldError[];
  readonly requestId: string;

  constructor({ code, status, requestId, error, errors = [], current }: Problem, retryAfter = 1) {
    super(error);
    this.code = code;
    this.status = status;
    this.errors = errors;
    this.requestId = requestId;
    if (code === "version_conflict") Object.assign(this, { current });
    if ([429, 503, 504].includes(status)) Object.assign(this, { retryAfter });
  }
} as unknown as {
  /** `retryAfter` is the Retry-After header, in seconds. */
  new <Code extends ErrorCode>(problem: Problem & { code: Code }, retryAfter?: number): ApiError<Code>;
  readonly prototype: ApiError;
};

/**
 * No response, or one that is not from Tasklane: the network is down, the
 * connection broke, or a proxy responded. `status` is undefined without a response.
 */
export class ConnectionError extends Error {
  override readonly name = "ConnectionError";
  readonly status: number | undefined;

  constructor(message: string, options: { status?: number; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.status = options.status;
  }
}

/** Reports whether the error is from the API, and has the code if one is given. */
export function isApiError(error: unknown): error is ApiError;
export function isApiError<Code extends ErrorCode>(error: unknown, code: Code): error is ApiError<Code>;
export function isApiError(error: unknown, code?: ErrorCode): error is ApiError {
  return error instanceof ApiError && (code === undefined || error.code === code);
}

/** Reports whether the same request may succeed a little later: the server was not reached, overloaded or unavailable. */
export function isTransient(error: unknown): boolean {
  if (error instanceof ConnectionError) return true;
  return isApiError(error) && [429, 502, 503, 504].includes(error.status);
}
