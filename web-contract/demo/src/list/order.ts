import type { Task } from "@tasklane/web-contract";
import { createContext } from "react";
import type { Workspace } from "../data/workspace";

/** The tasks of a list in the user's own order, and how to move them in it. */
export type Order = ReturnType<typeof createOrder>;

/** The order of the rows around; undefined where it is not the user's own. */
export const OrderContext = createContext<Order | undefined>(undefined);

/** `read` returns the tasks as they are now: keys may come faster than the page is drawn. */
export function createOrder(read: () => readonly Task[], { writes, notices }: Pick<Workspace, "writes" | "notices">) {
  const placeOf = (task: Task) => read().findIndex(({ id }) => id === task.id);

  /** Moves a task to a place, counted from the top. */
  function move(task: Task, wanted: number): void {
    const others = read().filter(({ id }) => id !== task.id);
    const from = placeOf(task);
    const to = Math.min(others.length, Math.max(0, wanted));
    if (from < 0) return;
    if (to === from) return notices.announce(`It is at the ${from === 0 ? "top" : "end"}.`);
    const beside = (at: number) => (others[at - 1] ? { after: others[at - 1]!.id } : { before: others[at]?.id ?? null });
    writes.move(task, beside(to), beside(from), `${to + 1} of ${others.length + 1}`);
  }

  return {
    isFirst: (task: Task) => placeOf(task) === 0,
    isLast: (task: Task) => placeOf(task) === read().length - 1,
    /** Moves a task by some places: -1 is up. */
    moveBy: (task: Task, places: number) => move(task, placeOf(task) + places),
    toTop: (task: Task) => move(task, 0),
    toEnd: (task: Task) => move(task, Infinity),
    /** Moves the task with an id beside another one. */
    moveBeside(id: string, other: Task, place: "before" | "after") {
      const task = read().find((task) => task.id === id);
      if (!task) return;
      const at = placeOf(other) + (place === "after" ? 1 : 0);
      const to = placeOf(task) < at ? at - 1 : at;
      if (to !== placeOf(task)) move(task, to);
    },
  };
}
