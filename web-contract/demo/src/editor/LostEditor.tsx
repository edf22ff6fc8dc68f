import { useQueryClient } from "@tanstack/react-query";
import { itemKey } from "@tasklane/web-contract/react";
import { useWorkspace } from "../data/workspace";
import { useStorePart } from "../ui/store";
import { TaskEditor } from "./TaskEditor";

/** Shows the open edit above the list if its task is no longer in the list. */
export function LostEditor({ keys }: { keys: readonly string[] }) {
  const { drafts } = useWorkspace();
  const queryClient = useQueryClient();
  const base = useStorePart(drafts.edit, (edit) => edit?.base);
  if (!base || keys.includes(itemKey(queryClient, base))) return null;
  return (
    <section className="lost" aria-label="Task that left the list">
      <p className="lost-note">This task is not on this list. Your edit is still here.</p>
      <TaskEditor task={base} />
    </section>
  );
}
