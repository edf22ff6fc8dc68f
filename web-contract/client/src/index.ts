export { createClient, type Client } from "./client.js";
export { ApiError, ConnectionError, isApiError, isTransient } from "./error.js";
export type { CallOptions, ClientOptions } from "./request.js";
export type {
  CreateTaskRequest,
  ErrorCode,
  FieldError,
  ListTasksOptions,
  Problem,
  ReplaceTaskRequest,
  Session,
  Task,
  TaskPage,
  UpdateTaskRequest,
} from "./types.js";
