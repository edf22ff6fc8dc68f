import { useQuery, useQueryClient } from "@tanstack/react-query";
import type { Task } from "@tasklane/web-contract";
import { cachedItem } from "@tasklane/web-contract/react";
import { useWorkspace } from "../data/workspace";

/** The title of a sub-task's parent, which is loaded if necessary. */
export function ParentName({ id }: { id: string }) {
  const { queries } = useWorkspace();
  const queryClient = useQueryClient();
  const cached = () => {
    const parent = cachedItem(queryClient, { id } as Task);
    return "title" in parent ? parent : undefined;
  };
  const { data } = useQuery({ ...queries.task(id), initialData: cached });
  if (!data) return null;
  return (
    <span className="meta-item">
      <span className="visually-hidden">Sub-task of </span>
      <span aria-hidden="true">↳</span>
      <span className="chip-text parent-title" dir="auto">{data.title}</span>
    </span>
  );
}
