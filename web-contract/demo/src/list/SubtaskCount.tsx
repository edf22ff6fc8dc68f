import { useInfiniteQuery } from "@tanstack/react-query";
import { itemsOf } from "../data/pages";
import { useWorkspace } from "../data/workspace";
import { SubtasksIcon } from "../ui/icons";
import { progressOf, type Progress } from "./tree";

interface Props extends Progress {
  /** The id of the task. */
  parentId: string;
  /** Whether some of its sub-tasks may not be loaded. */
  isPart: boolean;
}

/** How many sub-tasks of a task are completed. If some may not be loaded, it loads them. */
export function SubtaskCount({ parentId, isPart, ...loaded }: Props) {
  const { queries } = useWorkspace();
  const { data, hasNextPage } = useInfiniteQuery({ ...queries.tasks({ parentId, limit: 100 }), enabled: isPart });
  const { done, all } = (isPart && progressOf(itemsOf(data)).get(parentId)) || loaded;
  const more = isPart && hasNextPage ? "+" : "";
  return (
    <span className="meta-item">
      <SubtasksIcon />
      <span aria-hidden="true">
        {done}/{all}
        {more}
      </span>
      <span className="visually-hidden">
        {done} of {all}
        {more} sub-tasks completed
      </span>
    </span>
  );
}
