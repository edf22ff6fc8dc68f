import type { CreateTaskRequest, Task, UpdateTaskRequest } from "../index.js";
import { newKey } from "../request.js";
import type { Edit } from "./store.js";

const draftPrefix = "draft-";

/** A task as the server will probably make it, until it does. */
export function draftOf(request: CreateTaskRequest): Task {
  const now = new Date().toISOString();
  const draft: Task = {
    id: draftPrefix + newKey(),
    title: request.title.trim(),
    description: request.description ?? "",
    completed: request.completed ?? false,
    completedAt: request.completed ? now : null,
    priority: request.priority ?? "none",
    dueAt: request.dueAt ?? null,
    tags: request.tags ?? [],
    version: 0,
    createdAt: now,
    updatedAt: now,
    deletedAt: null,
    overdue: false,
  };
  return { ...draft, overdue: isOverdue(draft) };
}

/** Whether it is the id of a draft. */
export function isDraftId(id: string): boolean {
  return id.startsWith(draftPrefix);
}

/** Whether the task is shown before the server has it. */
export function isDraft(task: Task): boolean {
  return task.version === 0;
}

/** Sets the fields that are given. */
export function edited(changes: UpdateTaskRequest): Edit {
  const now = new Date().toISOString();
  const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
  if (changes.title !== undefined) given["title"] = changes.title.trim();
  return (task) => {
    const next: Task = { ...task, ...given, updatedAt: now };
    if (next.completed !== task.completed) next.completedAt = next.completed ? now : null;
    return { ...next, overdue: isOverdue(next) };
  };
}

export function trashed(): Edit {
  const now = new Date().toISOString();
  return (task) => ({ ...task, deletedAt: now, updatedAt: now });
}

export function restored(): Edit {
  return (task) => ({ ...task, deletedAt: null });
}

export function erased(): Edit {
  return () => null;
}

function isOverdue({ completed, dueAt }: Task): boolean {
  return !completed && dueAt !== null && Date.parse(dueAt) < Date.now();
}

/** Whether two states of a task say the same to whoever reads them. */
export function saysTheSame(a: Task, b: Task): boolean {
  const content = ({ title, description, completed, priority, dueAt, tags, deletedAt }: Task) =>
    JSON.stringify([title, description, completed, priority, dueAt && Date.parse(dueAt), tags, deletedAt !== null]);
  return content(a) === content(b);
}
