import type { Task } from "@tasklane/web-contract";

export type Priority = Task["priority"];

/** From the most urgent to the least. */
export const priorities: readonly Priority[] = ["urgent", "high", "medium", "low", "none"];

export const priorityNames: Record<Priority, string> = {
  urgent: "Urgent",
  high: "High",
  medium: "Medium",
  low: "Low",
  none: "None",
};
