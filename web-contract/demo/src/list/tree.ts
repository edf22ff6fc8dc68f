import type { Task } from "@tasklane/web-contract";

/** The maximum depth of a task. Tasks on the top level have depth 0. */
export const maxDepth = 3;

/** Tasks with their sub-tasks. */
export interface Tree {
  /** The tasks in the order of the tree: each one is before its sub-tasks. */
  tasks: readonly Task[];
  /** The number of levels above a task. */
  depthOf: (task: Task) => number;
  /** The tasks with the same parent, the task among them. */
  siblingsOf: (task: Task) => readonly Task[];
  parentOf: (task: Task) => Task | undefined;
  hasBelow: (task: Task) => boolean;
  /** Whether a task is the other one or below it. */
  isWithin: (task: Task, other: Task) => boolean;
  /** Whether a task with its sub-tasks can be below another one, within the maximum depth. */
  fits: (task: Task, parent: Task) => boolean;
}

/** Builds the tree of tasks in the manual order. A sub-task whose parent is missing is on the top level. */
export function treeOf(tasks: readonly Task[]): Tree {
  const byId = new Map(tasks.map((task) => [task.id, task]));
  const parentOf = ({ parentId }: Task) => (parentId ? byId.get(parentId) : undefined);
  const below = new Map<Task | undefined, Task[]>();
  for (const task of tasks) {
    const parent = parentOf(task);
    const siblings = below.get(parent);
    if (siblings) siblings.push(task);
    else below.set(parent, [task]);
  }
  const sorted: Task[] = [];
  const depths = new Map<string, number>();
  const childrenOf = (parent: Task | undefined) => below.get(parent) ?? [];
  function add(parent: Task | undefined, depth: number): void {
    for (const task of childrenOf(parent)) {
      sorted.push(task);
      depths.set(task.id, depth);
      add(task, depth + 1);
    }
  }
  add(undefined, 0);
  const height = (task: Task): number => Math.max(0, ...childrenOf(task).map((child) => 1 + height(child)));
  const isWithin = (task: Task, other: Task): boolean => {
    for (let ancestor: Task | undefined = task; ancestor; ancestor = parentOf(ancestor)) if (ancestor.id === other.id) return true;
    return false;
  };
  const depthOf = ({ id }: Task) => depths.get(id) ?? 0;
  return {
    tasks: sorted,
    depthOf,
    siblingsOf: (task) => childrenOf(parentOf(byId.get(task.id) ?? task)),
    parentOf: (task) => parentOf(byId.get(task.id) ?? task),
    hasBelow: ({ id }) => byId.has(id) && childrenOf(byId.get(id)).length > 0,
    isWithin,
    fits: (task, parent) => !isWithin(parent, task) && depthOf(parent) + 1 + height(task) <= maxDepth,
  };
}

/** Returns the tasks of a tree without those below collapsed ones. */
export function visibleTasks({ tasks, parentOf }: Tree, collapsed: ReadonlySet<string>): readonly Task[] {
  const isHidden = (task: Task): boolean => {
    const parent = parentOf(task);
    return parent !== undefined && (collapsed.has(parent.id) || isHidden(parent));
  };
  return collapsed.size === 0 ? tasks : tasks.filter((task) => !isHidden(task));
}

/** How many sub-tasks a task has, and how many of them are completed. */
export interface Progress {
  done: number;
  all: number;
}

/** Counts the sub-tasks of each task that has some. */
export function progressOf(tasks: readonly Task[]): ReadonlyMap<string, Progress> {
  const counts = new Map<string, Progress>();
  for (const { parentId, completed: done } of tasks) {
    if (parentId === null) continue;
    const count = counts.get(parentId) ?? { done: 0, all: 0 };
    counts.set(parentId, { done: count.done + Number(done), all: count.all + 1 });
  }
  return counts;
}
