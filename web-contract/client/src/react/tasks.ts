import type { Agenda, List, ListTasksOptions, Task } from "../index.js";
import type { Kind, LookUp } from "./kind.js";
import { compareText, last } from "./order.js";
import { tagKey, uniqueTags } from "./tags.js";

/** The filters and the order of a list of tasks. */
export type TaskFilters = Omit<ListTasksOptions, "cursor">;

const priorities: Task["priority"][] = ["none", "low", "medium", "high", "urgent"];

export const task: Kind<Task, TaskFilters> = {
  relations: [
    { field: "parentId", shared: ["deletedAt", "listId"], flags: ["completed", "completedAt"] },
    { field: "listId", shared: ["deletedAt"], visibility: ["archived"] },
  ],

  settle(next, before, now) {
    const completedAt = !next.completed ? null : before?.completed ? before.completedAt : now;
    // A task that moves to another list leaves its parent.
    const leaves = before && next.listId !== before.listId && next.parentId === before.parentId;
    return {
      ...next,
      ...dueOf(next, before),
      title: next.title.trim(),
      tags: uniqueTags(next.tags),
      position: next.position ?? last,
      parentId: leaves ? null : next.parentId,
      completedAt,
    };
  },

  matches(task, { completed, priority, tag, dueBefore, dueAfter, q, listId, parentId, deleted = false }, lookUp) {
    return (
      (task.deletedAt !== null) === deleted &&
      (parentId === undefined || (task.parentId ?? "none") === parentId) &&
      // Outside the trash, tasks of archived lists are included only if a filter names the list or the parent.
      (deleted || (listId ?? parentId ?? "none") !== "none" || !(lookUp(task.listId ?? "") as List | undefined)?.archived) &&
      (completed === undefined || task.completed === completed) &&
      (!priority?.length || priority.includes(task.priority)) &&
      (tag ?? []).every((name) => task.tags.some((own) => tagKey(own) === tagKey(name.trim()))) &&
      (listId === undefined || (task.listId ?? "inbox") === listId) &&
      (dueBefore === undefined || Date.parse(task.dueAt ?? "") < Date.parse(dueBefore)) &&
      (dueAfter === undefined || Date.parse(task.dueAt ?? "") >= Date.parse(dueAfter)) &&
      // Only the server knows the words of every language.
      (q ? undefined : true)
    );
  },

  compare(a, b, { sort = "-createdAt" }) {
    const sign = sort.startsWith("-") ? -1 : 1;
    const field = sort.replace("-", "") as SortField;
    // Tasks without a due date come last in either order.
    const undated = field === "dueAt" && Number(!a.dueAt) - Number(!b.dueAt);
    return undated || sign * (compareField(a, b, field) || compareText(a.id, b.id));
  },

  isServerSide: ({ q, sort }) => Boolean(q) || sort === "title" || sort === "-title",

  views: { stats: undefined, agenda: updateAgenda },
};

/** Makes a day and a time replace each other. Until the server responds, a day ends as in the browser's zone. */
function dueOf({ dueAt, dueOn }: Task, before: Task | undefined): Pick<Task, "dueAt" | "dueOn"> {
  if (dueOn !== null && dueOn !== before?.dueOn) {
    const isGiven = dueAt && dueAt !== before?.dueAt;
    return { dueAt: isGiven ? dueAt : new Date(`${dueOn}T23:59:59`).toISOString(), dueOn };
  }
  if (dueAt !== (before?.dueAt ?? null)) return { dueAt, dueOn: null };
  return { dueAt: dueOn === null && before?.dueOn ? null : dueAt, dueOn };
}

type SortField = "createdAt" | "updatedAt" | "dueAt" | "priority" | "title" | "position";

function compareField(a: Task, b: Task, field: SortField): number {
  if (field === "priority") return priorities.indexOf(a.priority) - priorities.indexOf(b.priority);
  if (field === "position") return compareText(a.position, b.position);
  if (field === "title") return a.title.localeCompare(b.title);
  return Date.parse(a[field] ?? "") - Date.parse(b[field] ?? "") || 0;
}

/** Updates the tasks of an agenda, and removes those that are no longer open, with their occurrences. */
export function updateAgenda(agenda: Agenda, lookUp: LookUp): Agenda {
  const isOpen = (task: Task | null): task is Task => task?.completed === false && !task.deletedAt;
  const find = (id: string) => lookUp(id) as Task | null | undefined;
  const update = (tasks: Task[]) =>
    tasks.flatMap((task) => {
      const now = find(task.id);
      return now === undefined ? task : isOpen(now) ? now : [];
    });
  const isComing = ({ taskId }: { taskId: string }) => {
    const now = find(taskId);
    return now === undefined || isOpen(now);
  };
  return {
    ...agenda,
    overdue: update(agenda.overdue),
    days: agenda.days.map((day) => ({ ...day, tasks: update(day.tasks), occurrences: day.occurrences.filter(isComing) })),
  };
}
