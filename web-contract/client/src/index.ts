export { createClient, type Client } from "./client.js";
export { ApiError, ConnectionError, isApiError, isTransient } from "./error.js";
export { isOverdue } from "./overdue.js";
export type { CallOptions, ClientOptions, VersionedOptions, WriteOptions } from "./request.js";
export type { RetryPolicy } from "./retry.js";
export type * from "./types.js";
export type { WatchOptions, WatchState } from "./watch.js";
