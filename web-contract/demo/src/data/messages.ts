import { ConnectionError, isApiError } from "@tasklane/web-contract";

/** Says in a sentence why an operation failed, as far as people can do something about it. */
export function reason(error: unknown): string {
  if (isApiError(error, "task_not_found") || isApiError(error, "list_not_found")) return "It is no longer there.";
  if (isApiError(error, "rate_limited")) return "Too many changes at once. Wait a moment, then try again.";
  if (isApiError(error)) return error.message;
  if (error instanceof ConnectionError) return "Tasklane cannot be reached. Check your connection.";
  return "Something unexpected happened.";
}

/** A field of a task that the server refused, and why. */
export interface Fault {
  field: string;
  message: string;
}

/** The first field that the server refused. */
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

/** “Water the plants”, cut where it gets long. */
export function quoted(title: string): string {
  return title.length > 60 ? `“${title.slice(0, 57).trimEnd()}…”` : `“${title}”`;
}

/** “Garden”, of a list or a task. */
export function nameOf(item: { name: string } | { title: string }): string {
  return quoted("title" in item ? item.title : item.name);
}

/** “Garden”, or the Inbox for no list. */
export function listName(list: { name: string } | undefined): string {
  return list ? nameOf(list) : "the Inbox";
}

/** 1 task, 2 tasks. */
export function counted(count: number, thing = "task"): string {
  return `${count} ${thing}${count === 1 ? "" : "s"}`;
}
