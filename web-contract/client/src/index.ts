export { createClient, type Client } from "./client.js";
export { ApiError, ConnectionError, isApiError, isTransient } from "./error.js";
export type { CallOptions, ClientOptions, VersionedOptions, WriteOptions } from "./request.js";
export type { RetryPolicy } from "./retry.js";
export type {
  Agenda,
  AgendaOptions,
  BatchOperation,
  Bootstrap,
  Change,
  ChangePage,
  CreateTaskRequest,
  ErrorCode,
  FieldError,
  ListChangesOptions,
  ListTasksOptions,
  Problem,
  ReplaceTaskRequest,
  Session,
  Stats,
  StatsOptions,
  Task,
  TaskPage,
  UpdateTaskRequest,
} from "./types.js";
export type { WatchOptions, WatchState } from "./watch.js";
