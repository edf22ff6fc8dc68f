import type { Agenda, Task } from "@tasklane/web-contract";

/** The tasks of an agenda, day after day. */
export function tasksOf({ overdue, days }: Agenda): Task[] {
  return [...overdue, ...days.flatMap(({ tasks }) => tasks)];
}
