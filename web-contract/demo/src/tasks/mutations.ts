import { useMutation, useMutationState, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { isApiError, type Task } from "@tasklane/web-contract";
import { useNotify } from "../ui/notices";
import { api } from "./api";
import { reason, titleFault } from "./messages";
import { hideTask, showTask, taskListsKey } from "./queries";

const createKey = ["tasks", "create"] as const;
const writeKey = (id: string) => ["tasks", "write", id] as const;

export function useCreateTask() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationKey: createKey,
    mutationFn: (title: string) => api.createTask({ title }),
    onSuccess: async (task) => {
      const readAgain = await stopReading(queryClient);
      showTask(queryClient, task);
      readAgain();
    },
  });
}

/** The titles of the tasks that are on their way to the server, newest first. */
export function useTitlesUnderWay(): string[] {
  return useMutationState({
    filters: { mutationKey: createKey, status: "pending" },
    select: ({ state }) => state.variables as string,
  }).reverse();
}

/**
 * Changes a task on the page at once, and on the server. A failure brings back
 * what was there, and a notice unless the title itself was refused.
 */
export function useUpdateTask(task: Task) {
  const queryClient = useQueryClient();
  const notify = useNotify();
  const mutation = useMutation({
    mutationKey: writeKey(task.id),
    scope: { id: task.id },
    mutationFn: (changes: Partial<Pick<Task, "title" | "completed">>) => api.updateTask(task.id, changes),
    onMutate: async (changes) => {
      const readAgain = await stopReading(queryClient);
      showTask(queryClient, { ...task, ...changes });
      return { before: task, readAgain };
    },
    onSuccess: (saved) => afterLastWrite(queryClient, task, () => showTask(queryClient, saved)),
    onSettled: (_saved, _error, _changes, drawn) => drawn?.readAgain(),
    onError: (error, changes, drawn) => {
      afterLastWrite(queryClient, task, () => bringBack(queryClient, drawn?.before ?? task));
      if (titleFault(error)) return;
      notify({ message: `“${task.title}” was not saved. ${reason(error)}`, retry: () => mutation.mutate(changes) });
    },
  });
  return mutation;
}

/** Moves a task to the trash, in the same way. */
export function useDeleteTask(task: Task) {
  const queryClient = useQueryClient();
  const notify = useNotify();
  const mutation = useMutation({
    mutationKey: writeKey(task.id),
    scope: { id: task.id },
    mutationFn: () => api.deleteTask(task.id),
    onMutate: async () => {
      const readAgain = await stopReading(queryClient);
      hideTask(queryClient, task.id);
      return { readAgain };
    },
    onSettled: (_deleted, _error, _nothing, drawn) => drawn?.readAgain(),
    onError: (error) => {
      // Gone already is what was asked for.
      if (isApiError(error, "task_not_found")) return;
      afterLastWrite(queryClient, task, () => bringBack(queryClient, task));
      notify({ message: `“${task.title}” was not deleted. ${reason(error)}`, retry: () => mutation.mutate() });
    },
  });
  return mutation;
}

/**
 * Stops the readings of lists that are under way: they may have been made
 * before the write, and would draw over it. The function returned begins them
 * again.
 */
async function stopReading(queryClient: QueryClient): Promise<() => void> {
  const reading = queryClient.isFetching({ queryKey: taskListsKey }) > 0;
  await queryClient.cancelQueries({ queryKey: taskListsKey });
  return () => {
    if (reading) void queryClient.invalidateQueries({ queryKey: taskListsKey });
  };
}

/** Draws the outcome of a write, unless a later write to the same task has been drawn already. */
function afterLastWrite(queryClient: QueryClient, { id }: Task, draw: () => void): void {
  if (queryClient.isMutating({ mutationKey: writeKey(id) }) === 1) draw();
}

/** Draws the task as it was, then asks the server, which may know better by now. */
function bringBack(queryClient: QueryClient, task: Task): void {
  showTask(queryClient, task);
  void queryClient.invalidateQueries({ queryKey: taskListsKey });
}
