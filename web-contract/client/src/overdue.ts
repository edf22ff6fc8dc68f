import type { Task } from "./types.js";

/** Reports whether the task is open and its due date has passed. */
export function isOverdue({ completed, dueAt }: Pick<Task, "completed" | "dueAt">, now = new Date()): boolean {
  return !completed && dueAt !== null && Date.parse(dueAt) < now.getTime();
}
