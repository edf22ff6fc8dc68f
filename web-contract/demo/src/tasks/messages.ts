import { ConnectionError, isApiError } from "@tasklane/web-contract";

/** Says in a sentence why an operation failed, as far as people can do something about it. */
export function reason(error: unknown): string {
  if (isApiError(error, "task_not_found")) return "It is no longer there.";
  if (isApiError(error, "rate_limited")) return "That was a lot at once. Wait a moment.";
  if (isApiError(error)) return error.message;
  if (error instanceof ConnectionError) return "Tasklane cannot be reached. Check your connection.";
  return "Something unexpected happened.";
}

/** What is wrong with a title, if that is why the server refused it. */
export function titleFault(error: unknown): string | undefined {
  if (!isApiError(error, "invalid")) return undefined;
  const fault = error.errors.find(({ field }) => field === "title");
  return fault && `A title ${fault.message}.`;
}
