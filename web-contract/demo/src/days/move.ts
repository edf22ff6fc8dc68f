import type { Task } from "@tasklane/web-contract";
import { createContext } from "react";
import { leaveRow } from "../list/focus";
import type { Workspace } from "../data/workspace";
import { dayInSentence } from "../task/dates";
import { dayBeside, onDay } from "./sections";

/** Moves the task of a row by a number of days: 1 is a day later. */
type DayMove = (task: Task, days: number, row: HTMLElement) => void;

/** Moves the surrounding rows to other days. Undefined outside Today and Upcoming. */
export const DayContext = createContext<DayMove | undefined>(undefined);

/**
 * Creates the move for a view that shows the days for which `isShown` is true. If a row
 * leaves the view, the next row gets the focus.
 */
export function createDayMove({ writes, drafts, notices }: Workspace, isShown: (day: string) => boolean): DayMove {
  return (task, days, row) => {
    const day = dayBeside(task, days, new Date());
    if (!day) return notices.announce("Tasks cannot move to a day before today.");
    if (isShown(day)) drafts.returnTo(task.id);
    else leaveRow(row);
    writes.reschedule([task], (task) => onDay(task, day), dayInSentence(day));
  };
}
