import type { Task, TaskPage } from "@tasklane/web-contract";
import type { InfiniteData } from "@tanstack/react-query";

/** The pages of one list that were loaded so far, newest task first. */
export type TaskPages = InfiniteData<TaskPage>;

/**
 * Puts the task into the list: in place of what it was before, else where its
 * age belongs. A task older than all that was loaded stays out of a list that
 * has more pages; it comes with its own page.
 */
export function putTask(list: TaskPages, task: Task): TaskPages {
  if (list.pages.some((page) => page.tasks.some(({ id }) => id === task.id))) {
    return mapTasks(list, (tasks) => tasks.map((other) => (other.id === task.id ? task : other)));
  }
  // An id is a UUID of version 7: its order is that of creation.
  const older = ({ id }: Task) => id < task.id;
  const holdsOlder = list.pages.findIndex((page) => page.tasks.some(older));
  const target = holdsOlder >= 0 ? holdsOlder : list.pages.length - 1;
  if (holdsOlder < 0 && list.pages[target]?.nextCursor) return list;
  return mapTasks(list, (tasks, page) => {
    if (page !== target) return tasks;
    const at = tasks.findIndex(older);
    return tasks.toSpliced(at < 0 ? tasks.length : at, 0, task);
  });
}

/** Takes the task out of the list. */
export function dropTask(list: TaskPages, id: string): TaskPages {
  return mapTasks(list, (tasks) => tasks.filter((task) => task.id !== id));
}

function mapTasks(list: TaskPages, change: (tasks: Task[], page: number) => Task[]): TaskPages {
  return { ...list, pages: list.pages.map((page, index) => ({ ...page, tasks: change(page.tasks, index) })) };
}
