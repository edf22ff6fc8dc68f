import type { ErrorCode, Session, Stats, Task } from "./types.js";

/** All that a page needs at its start. A part that failed is null, and named in `failures`. */
export interface Bootstrap {
  user: Session["user"];
  stats: Stats | null;
  /** The first page of the list, in its default order. */
  tasks: Task[] | null;
  /** The next page's `cursor`; null on the last page. */
  nextCursor: string | null;
  /** The user's change number at the time of the list: what to watch from. */
  changes: number | null;
  failures: { part: "stats" | "tasks"; code: ErrorCode; error: string }[];
}

/** The open tasks by the day they are due, in the caller's time zone. */
export interface Agenda {
  overdue: Task[];
  /** Today and the days after it, each of them. */
  days: { date: string; tasks: Task[] }[];
  /** How many are due after the last of the days. */
  later: number;
  /** How many have no due date. */
  undated: number;
}

export interface AgendaOptions {
  /** An IANA name, such as `Europe/Berlin`. Default: UTC. */
  timeZone?: string | undefined;
  /** From 1 to 31. Default: 7. */
  days?: number | undefined;
}
