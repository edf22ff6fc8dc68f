import { isOverdue, type Stats, type Task } from "@tasklane/web-contract";

export interface Counts extends Pick<Stats, "open" | "completed" | "dueToday" | "overdue"> {
  /** Whether `completed` counts only a part of them. */
  more?: boolean;
}

/**
 * The counts of open tasks in words. If all open tasks are loaded, the device's
 * clock decides which are overdue, as in their rows.
 */
export function summary({ open, dueToday, overdue }: Counts, allOpen: readonly Task[] | undefined, now: Date): string[] {
  const late = allOpen ? allOpen.filter((task) => isOverdue(task, now)).length : overdue;
  const parts = [`${open} open`, dueToday > 0 && `${dueToday} due today`, late > 0 && `${late} overdue`];
  return parts.filter((part) => part !== false);
}
