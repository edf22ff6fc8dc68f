import { useQueryClient } from "@tanstack/react-query";
import type { Task } from "@tasklane/web-contract";
import { itemKey } from "@tasklane/web-contract/react";
import { useWorkspace } from "../data/workspace";
import { useStorePart } from "../ui/store";
import { TaskEditor } from "./TaskEditor";

/** Shows the open edit above the list if its task is no longer in the list. */
export function LostEditor({ tasks }: { tasks: readonly Task[] }) {
  const { drafts } = useWorkspace();
  const queryClient = useQueryClient();
  const base = useStorePart(drafts.edit, (edit) => edit?.base);
  if (!base || tasks.some((task) => itemKey(queryClient, task) === itemKey(queryClient, base))) return null;
  return (
    <section className="lost" aria-label="Task that left the list">
      <p className="hint lost-note">This task is not on this list. Your edit is still here.</p>
      <TaskEditor task={base} />
    </section>
  );
}
