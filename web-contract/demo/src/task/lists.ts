import type { InfiniteData } from "@tanstack/react-query";
import type { Agenda, Task, TaskPage } from "@tasklane/web-contract";

/** The tasks of a list, as far as it is loaded. */
export function tasksOfList(list: InfiniteData<TaskPage> | undefined): Task[] {
  return list?.pages.flatMap(({ items }) => items) ?? [];
}

/** The tasks of an agenda, day after day. */
export function tasksOfAgenda(agenda: Agenda | undefined): Task[] {
  return agenda ? [...agenda.overdue, ...agenda.days.flatMap(({ tasks }) => tasks)] : [];
}
