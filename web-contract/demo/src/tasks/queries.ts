import { infiniteQueryOptions, type QueryClient } from "@tanstack/react-query";
import type { Task } from "@tasklane/web-contract";
import { api } from "./api";
import { dropTask, putTask, type TaskPages } from "./cache";

export const taskListsKey = ["tasks", "list"] as const;

/** The open or the completed tasks, page by page, newest first. */
export function taskListQuery(completed: boolean) {
  return infiniteQueryOptions({
    queryKey: [...taskListsKey, { completed }],
    queryFn: ({ pageParam, signal }) => api.listTasks({ completed, cursor: pageParam }, { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor,
  });
}

/** Shows the task as it is now, in the one list where it belongs. */
export function showTask(queryClient: QueryClient, task: Task): void {
  changeList(queryClient, task.completed, (list) => putTask(list, task));
  changeList(queryClient, !task.completed, (list) => dropTask(list, task.id));
}

/** Takes the task out of every list. */
export function hideTask(queryClient: QueryClient, id: string): void {
  changeList(queryClient, true, (list) => dropTask(list, id));
  changeList(queryClient, false, (list) => dropTask(list, id));
}

function changeList(queryClient: QueryClient, completed: boolean, change: (list: TaskPages) => TaskPages): void {
  queryClient.setQueryData(taskListQuery(completed).queryKey, (list) => list && change(list));
}
