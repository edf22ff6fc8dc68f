import type { TaskFilters } from "@tasklane/web-contract/react";
import { addDays, dayAt, startOf } from "../task/dates";
import { priorities, type Priority } from "../task/priorities";

export const sorts = ["newest", "manual", "due", "priority", "title", "changed"] as const;
export type Sort = (typeof sorts)[number];

export const dues = ["any", "overdue", "today", "week"] as const;
export type Due = (typeof dues)[number];

export const shows = ["all", "completed"] as const;
export type Show = (typeof shows)[number];

export const showNames: Record<Show, string> = { all: "All tasks", completed: "Completed" };

export const sortNames: Record<Sort, string> = {
  newest: "Newest first",
  manual: "My order",
  due: "Due date",
  priority: "Priority",
  title: "Title",
  changed: "Last changed",
};

export const dueNames: Record<Due, string> = {
  any: "Any time",
  overdue: "Overdue",
  today: "Today",
  week: "The next 7 days",
};

/** The filters, the search and the sort order of a list. */
export interface Filters {
  show: Show;
  search: string;
  tags: string[];
  priorities: Priority[];
  due: Due;
  sort: Sort;
}

const serverSorts: Record<Sort, NonNullable<TaskFilters["sort"]>> = {
  newest: "-createdAt",
  manual: "position",
  due: "dueAt",
  priority: "-priority",
  title: "title",
  changed: "-updatedAt",
};

const oneOf = <Value extends string>(values: readonly Value[], value: string | null, fallback: Value): Value =>
  values.find((known) => known === value) ?? fallback;

/** Returns the sort order of a view whose address has none: manual in a list, else the newest first. */
export const defaultSort = (list: string | undefined): Sort => (list === undefined ? "newest" : "manual");

export function filtersOf(query: URLSearchParams, sortDefault: Sort = "newest"): Filters {
  return {
    show: oneOf(shows, query.get("show"), "all"),
    search: query.get("q") ?? "",
    tags: query.getAll("tag"),
    priorities: priorities.filter((priority) => query.getAll("priority").includes(priority)),
    due: oneOf(dues, query.get("due"), "any"),
    sort: oneOf(sorts, query.get("sort"), sortDefault),
  };
}

/** No filters. */
export const allTasks = filtersOf(new URLSearchParams());

/** Returns the query string of filters, without defaults. */
export function queryOf({ show, search, tags, priorities, due, sort }: Filters, sortDefault: Sort = "newest"): URLSearchParams {
  const query = new URLSearchParams();
  if (show !== "all") query.set("show", show);
  if (search) query.set("q", search);
  for (const tag of tags) query.append("tag", tag);
  for (const priority of priorities) query.append("priority", priority);
  if (due !== "any") query.set("due", due);
  if (sort !== sortDefault) query.set("sort", sort);
  return query;
}

/** Converts filters to those of the API. */
export function taskFilters(filters: Filters, now = new Date()): TaskFilters {
  const today = dayAt(now);
  const until = { any: undefined, overdue: now, today: startOf(addDays(today, 1)), week: startOf(addDays(today, 7)) }[filters.due];
  const from = { any: undefined, overdue: undefined, today: startOf(today), week: startOf(today) }[filters.due];
  return {
    sort: serverSorts[filters.sort],
    // The API accepts at most 500 characters and 20 tags.
    q: [...filters.search.trim()].slice(0, 500).join("") || undefined,
    tag: filters.tags.length > 0 ? filters.tags.slice(0, 20) : undefined,
    priority: filters.priorities.length > 0 ? filters.priorities : undefined,
    dueAfter: from?.toISOString(),
    dueBefore: until?.toISOString(),
  };
}

/** Returns the number of filters, without the search. */
export function countFilters({ show, tags, priorities, due }: Filters): number {
  return Number(show !== "all") + tags.length + priorities.length + Number(due !== "any");
}

export function isNarrowed(filters: Filters): boolean {
  return countFilters(filters) > 0 || filters.search.trim() !== "";
}
