import type { MoveTaskRequest, Task } from "@tasklane/web-contract";
import { isDraft } from "@tasklane/web-contract/react";
import { createContext } from "react";
import { quoted } from "../data/messages";
import type { Workspace } from "../data/workspace";
import type { Place, Places } from "../drag/drag";
import { collapsed, setCollapsed } from "./collapsed";
import { createOrder, placeAmong, type Order } from "./order";
import { maxDepth, type Tree } from "./tree";

/** Tasks in the manual order, with their sub-tasks, and functions to move them. */
export interface TaskOrder extends Order<Task> {
  /** Returns a function that makes a task a sub-task of the one above it; undefined if that is impossible. */
  nest: (task: Task) => (() => void) | undefined;
  /** Returns a function that moves a task out of its parent; undefined on the top level. */
  unnest: (task: Task) => (() => void) | undefined;
  /** Returns a function that opens a field for sub-tasks below a task; undefined if it can have none. */
  addBelow: (task: Task) => (() => void) | undefined;
  /** The places of another task, which the pointer is over on a level, that accept the task with an id. */
  accepts: (id: string, other: Task, level: number) => Places;
  /** Moves the task with an id to a place relative to another one. */
  drop: (id: string, other: Task, place: Place, level: number) => void;
}

/** The order of the surrounding rows; undefined if it is not the manual one. */
export const OrderContext = createContext<TaskOrder | undefined>(undefined);

/** Creates the order of the tasks in a tree. `read` returns the current tree. */
export function createTaskOrder(read: () => Tree, { writes, notices, drafts }: Pick<Workspace, "writes" | "notices" | "drafts">): TaskOrder {
  const order = createOrder<Task>({ read: (task) => read().siblingsOf(task), move: writes.move, announce: notices.announce });
  const find = (id: string) => read().tasks.find((task) => task.id === id);

  /** Moves a task to another parent. */
  function moveToParent(task: Task, to: MoveTaskRequest & { parentId: string | null }): void {
    const tree = read();
    const siblings = tree.siblingsOf(task);
    const index = siblings.findIndex(({ id }) => id === task.id);
    const others = siblings.filter(({ id }) => id !== task.id);
    const parent = to.parentId ? find(to.parentId) : undefined;
    if (parent) setCollapsed(parent.id, false);
    const where = parent ? `a sub-task of ${quoted(parent.title)}` : "on the top level";
    writes.move(task, to, { parentId: task.parentId, ...placeAmong(others, index) }, where);
  }

  /**
   * Returns the place of a task that is dropped after another one: before the first sub-task that is shown below that, or
   * after it. After the last sub-task, the level decides which of its ancestors the task follows; undefined if it fits
   * after none.
   */
  function placeAfter(task: Task, other: Task, level: number): { other: Task; place: "before" | "after" } | undefined {
    const tree = read();
    const first = tree.hasBelow(other) && !collapsed.get().has(other.id) && tree.tasks.find(({ parentId }) => parentId === other.id);
    if (first) return tree.fits(task, other) ? { other: first, place: "before" } : undefined;
    for (let previous = other; ; ) {
      const parent = tree.parentOf(previous);
      const isLast = tree.siblingsOf(previous).at(-1)?.id === previous.id;
      if (!parent || (tree.fits(task, parent) && (!isLast || tree.depthOf(previous) <= level))) return { other: previous, place: "after" };
      if (!isLast) return undefined;
      previous = parent;
    }
  }

  return {
    ...order,
    drop(id, other, place, level) {
      const task = find(id);
      if (!task) return;
      if (place === "inside") {
        if (task.parentId !== other.id) moveToParent(task, { parentId: other.id, before: null });
        return;
      }
      const to = place === "after" ? placeAfter(task, other, level) : { other, place };
      if (!to) return;
      if (task.parentId === to.other.parentId) return order.moveBeside(id, to.other, to.place);
      moveToParent(task, { parentId: to.other.parentId, [to.place]: to.other.id });
    },
    nest(task) {
      const tree = read();
      const siblings = tree.siblingsOf(task);
      const above = siblings[siblings.findIndex(({ id }) => id === task.id) - 1];
      if (!above || !tree.fits(task, above)) return undefined;
      return () => moveToParent(task, { parentId: above.id, before: null });
    },
    unnest(task) {
      const parent = read().parentOf(task);
      return parent && (() => moveToParent(task, { parentId: parent.parentId, after: parent.id }));
    },
    addBelow(task) {
      if (isDraft(task) || read().depthOf(task) === maxDepth) return undefined;
      return () => {
        setCollapsed(task.id, false);
        drafts.newSubtask.set(task.id);
      };
    },
    accepts(id, other, level) {
      const tree = read();
      const task = find(id);
      if (!task || tree.isWithin(other, task)) return {};
      const parent = tree.parentOf(other);
      const after = placeAfter(task, other, level);
      return {
        ...((!parent || tree.fits(task, parent)) && { before: tree.depthOf(other) }),
        ...(after && { after: tree.depthOf(after.other) }),
        ...(tree.fits(task, other) && { inside: 0 }),
      };
    },
  };
}
