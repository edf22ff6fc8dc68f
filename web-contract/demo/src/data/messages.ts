import { ConnectionError, isApiError } from "@tasklane/web-contract";

/** Reports whether a write failed because its resource no longer exists. */
export const isGone = (error: unknown): boolean => isApiError(error) && error.status === 404;

/** Explains in a sentence why an operation failed. */
export function reason(error: unknown): string {
  if (isGone(error)) return "It is no longer there.";
  if (isApiError(error, "rate_limited")) return "Too many changes at once. Wait a moment, then try again.";
  if (isApiError(error)) return error.message;
  if (error instanceof ConnectionError) return "Tasklane cannot be reached. Check your connection.";
  return "Something unexpected happened.";
}

/** A field of a task that the server rejected, and the reason. */
export interface Fault {
  field: string;
  message: string;
}

/** Returns the first field that the server rejected. */
export function faultOf(error: unknown): Fault | undefined {
  if (!isApiError(error, "invalid")) return undefined;
  const [fault] = error.errors;
  if (!fault) return undefined;
  const [field = "", entry] = fault.field.split("[");
  if (field === "tags" && !entry) return { field, message: `A task ${fault.message.replace("entries", "tags")}.` };
  return { field, message: `${names[field] ?? "This"} ${fault.message}.` };
}

const names: Record<string, string> = {
  title: "A title",
  description: "Notes",
  listId: "A list",
  dueAt: "A due date",
  dueOn: "A due date",
  recurrence: "A recurrence rule",
  tags: "A tag",
};

/** “Water the plants”; long titles are cut. */
export function quoted(title: string): string {
  const characters = [...title];
  return characters.length > 60 ? `“${characters.slice(0, 57).join("").trimEnd()}…”` : `“${title}”`;
}

/** The quoted name of a list or a task. */
export function nameOf(item: { name: string } | { title: string }): string {
  return quoted("title" in item ? item.title : item.name);
}

/** The quoted name of a list; the Inbox without one. */
export function listName(list: { name: string } | undefined): string {
  return list ? nameOf(list) : "the Inbox";
}

/** 1 task, 2 tasks. */
export function counted(count: number, thing = "task"): string {
  return `${count} ${thing}${count === 1 ? "" : "s"}`;
}
