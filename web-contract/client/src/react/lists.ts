import type { InfiniteData } from "@tanstack/react-query";
import type { Task, TaskPage } from "../index.js";
import type { TaskFilters } from "./keys.js";

/** The pages of a list that were loaded so far. */
export type TaskPages = InfiniteData<TaskPage, string | undefined>;

const priorities: Task["priority"][] = ["none", "low", "medium", "high", "urgent"];

/** Whether the task belongs to the list, as the server would judge. */
export function matches(task: Task, filters: TaskFilters): boolean {
  const { completed, priority, tag, dueBefore, dueAfter, q, deleted = false } = filters;
  return (
    (task.deletedAt !== null) === deleted &&
    (completed === undefined || task.completed === completed) &&
    (!priority?.length || priority.includes(task.priority)) &&
    (tag ?? []).every((name) => task.tags.includes(name)) &&
    (dueBefore === undefined || (task.dueAt !== null && Date.parse(task.dueAt) < Date.parse(dueBefore))) &&
    (dueAfter === undefined || (task.dueAt !== null && Date.parse(task.dueAt) >= Date.parse(dueAfter))) &&
    (!q || holdsWords(task, q))
  );
}

/** Whether the server alone can tell what belongs to the list, or where. */
export function isOnlyKnownToServer({ q, sort }: TaskFilters): boolean {
  return Boolean(q) || sort === "title" || sort === "-title";
}

function holdsWords(task: Task, q: string): boolean {
  const words = wordsOf([task.title, task.description, ...task.tags].join(" "));
  const wanted = wordsOf(q);
  const last = wanted.length - 1;
  return wanted.every((word, at) => words.some((own) => (at === last ? own.startsWith(word) : own === word)));
}

function wordsOf(text: string): string[] {
  return (
    text
      .normalize("NFD")
      .replace(/\p{M}/gu, "")
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? []
  );
}

/** Compares two tasks by a list's order. */
export function compareBy(sort: TaskFilters["sort"] = "-createdAt"): (a: Task, b: Task) => number {
  const sign = sort.startsWith("-") ? -1 : 1;
  const field = sort.replace("-", "") as "createdAt" | "updatedAt" | "dueAt" | "priority" | "title";
  return (a, b) => {
    if (field === "dueAt" && (a.dueAt === null || b.dueAt === null)) {
      // Those without a due date come last in either order.
      const order = Number(a.dueAt === null) - Number(b.dueAt === null);
      if (order !== 0) return order;
    }
    return sign * (compareField(a, b, field) || compare(a.id, b.id));
  };
}

function compareField(a: Task, b: Task, field: "createdAt" | "updatedAt" | "dueAt" | "priority" | "title"): number {
  if (field === "priority") return priorities.indexOf(a.priority) - priorities.indexOf(b.priority);
  if (field === "title") return a.title.localeCompare(b.title);
  return Date.parse(a[field] ?? "") - Date.parse(b[field] ?? "") || 0;
}

const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

/**
 * Puts the task into the list where it belongs, and out of it where it does
 * not; null is for a task that is gone. A task that comes after all that was
 * loaded stays out of a list with more pages; it comes with its own page.
 */
export function place(list: TaskPages, filters: TaskFilters, id: string, task: Task | null): TaskPages {
  const fits = task !== null && matches(task, filters);
  const order = compareBy(filters.sort);
  const all = list.pages.flatMap((page) => page.tasks);
  const at = all.findIndex((other) => other.id === id);
  if (!fits) return at < 0 ? list : mapPages(list, (tasks) => tasks.filter((other) => other.id !== id));
  if (at >= 0) {
    const [before, after] = [all[at - 1], all[at + 1]];
    if ((!before || order(before, task) < 0) && (!after || order(task, after) < 0)) {
      return mapPages(list, (tasks) => tasks.map((other) => (other.id === id ? task : other)));
    }
  }
  return insert(at < 0 ? list : mapPages(list, (tasks) => tasks.filter((other) => other.id !== id)), task, order);
}

function insert(list: TaskPages, task: Task, order: (a: Task, b: Task) => number): TaskPages {
  const later = (other: Task) => order(task, other) < 0;
  const holdsLater = list.pages.findIndex((page) => page.tasks.some(later));
  const target = holdsLater >= 0 ? holdsLater : list.pages.length - 1;
  if (holdsLater < 0 && list.pages[target]?.nextCursor) return list;
  return mapPages(list, (tasks, page) => {
    if (page !== target) return tasks;
    const at = tasks.findIndex(later);
    return tasks.toSpliced(at < 0 ? tasks.length : at, 0, task);
  });
}

function mapPages(list: TaskPages, change: (tasks: Task[], page: number) => Task[]): TaskPages {
  return { ...list, pages: list.pages.map((page, index) => ({ ...page, tasks: change(page.tasks, index) })) };
}
