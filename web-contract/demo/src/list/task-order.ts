import type { MoveTaskRequest, Task } from "@tasklane/web-contract";
import { isDraft } from "@tasklane/web-contract/react";
import { createContext } from "react";
import { quoted } from "../data/messages";
import type { Workspace } from "../data/workspace";
import { fold } from "./folded";
import { createOrder, placeAmong, type Order } from "./order";
import { deepest, type Tree } from "./tree";

/** Tasks in the user's own order, with their sub-tasks, and how to move them in it. */
export interface TaskOrder extends Order<Task> {
  /** Makes a task a sub-task of the one above it: undefined if it cannot be one. */
  nest: (task: Task) => (() => void) | undefined;
  /** Takes a task out of its parent: undefined on the top level. */
  unnest: (task: Task) => (() => void) | undefined;
  /** Lets sub-tasks be written below a task: undefined if it can have none. */
  addBelow: (task: Task) => (() => void) | undefined;
  /** Whether a task can be dropped on another one, or beside it. */
  takes: (id: string, other: Task) => readonly ("before" | "after" | "inside")[];
  /** Makes the task with an id a sub-task of another one. */
  moveInto: (id: string, parent: Task) => void;
}

/** The order of the rows around; undefined where it is not the user's own. */
export const OrderContext = createContext<TaskOrder | undefined>(undefined);

/** `read` returns the tree as it is now. */
export function createTaskOrder(read: () => Tree, { writes, notices, drafts }: Pick<Workspace, "writes" | "notices" | "drafts">): TaskOrder {
  const order = createOrder<Task>({ read: (task) => read().siblingsOf(task), move: writes.move, announce: notices.announce });
  const find = (id: string) => read().tasks.find((task) => task.id === id);

  /** Moves a task to another parent. */
  function adopt(task: Task, to: MoveTaskRequest & { parentId: string | null }): void {
    const tree = read();
    const siblings = tree.siblingsOf(task);
    const at = siblings.findIndex(({ id }) => id === task.id);
    const others = siblings.filter(({ id }) => id !== task.id);
    const parent = to.parentId ? find(to.parentId) : undefined;
    if (parent) fold(parent.id, false);
    const where = parent ? `a sub-task of ${quoted(parent.title)}` : "on the top level";
    writes.move(task, to, { parentId: task.parentId, ...placeAmong(others, at) }, where);
  }

  return {
    ...order,
    moveBeside(id, other, place) {
      const task = find(id);
      if (!task) return;
      if (task.parentId === other.parentId) return order.moveBeside(id, other, place);
      adopt(task, { parentId: other.parentId, [place]: other.id });
    },
    moveInto(id, parent) {
      const task = find(id);
      if (task && task.parentId !== parent.id) adopt(task, { parentId: parent.id, before: null });
    },
    nest(task) {
      const tree = read();
      const siblings = tree.siblingsOf(task);
      const above = siblings[siblings.findIndex(({ id }) => id === task.id) - 1];
      if (!above || !tree.fits(task, above)) return undefined;
      return () => adopt(task, { parentId: above.id, before: null });
    },
    unnest(task) {
      const parent = read().parentOf(task);
      return parent && (() => adopt(task, { parentId: parent.parentId, after: parent.id }));
    },
    addBelow(task) {
      if (isDraft(task) || read().depthOf(task) === deepest) return undefined;
      return () => {
        fold(task.id, false);
        drafts.newSubtask.set(task.id);
      };
    },
    takes(id, other) {
      const tree = read();
      const task = find(id);
      if (!task || tree.isWithin(other, task)) return [];
      const parent = tree.parentOf(other);
      const isBeside = !parent || tree.fits(task, parent);
      return [...(isBeside ? (["before", "after"] as const) : []), ...(tree.fits(task, other) ? (["inside"] as const) : [])];
    },
  };
}
