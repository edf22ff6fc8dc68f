import { useInfiniteQuery } from "@tanstack/react-query";
import type { Task } from "@tasklane/web-contract";
import { useMemo, useState } from "react";
import { flushSync } from "react-dom";
import { ViewHeader } from "../app/ViewHeader";
import { itemsOf, useAllPages } from "../data/pages";
import { useWorkspace } from "../data/workspace";
import { LostEditor } from "../editor/LostEditor";
import { focusBeside } from "../list/focus";
import { LoadError } from "../list/LoadError";
import { TaskList } from "../list/TaskList";
import { TaskListSkeleton } from "../list/TaskListSkeleton";
import { EmptyState } from "../ui/EmptyState";
import { DeletedLists } from "./DeletedLists";
import { EraseDialog } from "./EraseDialog";
import { TrashRow } from "./TrashRow";
import "../list/list.css";
import "./trash.css";

/** A task to erase after confirmation, and its row. */
interface Erasing {
  task: Task;
  row: HTMLElement;
}

/** The deleted tasks, which can be restored or erased. */
export function TrashView() {
  const { queries, writes } = useWorkspace();
  const deletedTasks = useInfiniteQuery(queries.tasks({ deleted: true, sort: "-updatedAt" }));
  const deletedLists = useInfiniteQuery(queries.lists({ deleted: true }));
  const tasks = useMemo(() => itemsOf(deletedTasks.data), [deletedTasks.data]);
  const lists = useAllPages(deletedLists);
  const [erasing, setErasing] = useState<Erasing>();

  function erase({ task, row }: Erasing) {
    // The dialog traps the focus, so it must close before the focus can move.
    flushSync(() => setErasing(undefined));
    focusBeside(row);
    writes.erase(task);
  }

  const trash = [deletedTasks, deletedLists];
  const failed = trash.find(({ data, error }) => !data && error);
  const loaded = trash.every(({ data }) => data);
  return (
    <>
      <ViewHeader title="Trash" summary="Deleted tasks stay here for 30 days." />
      <LostEditor keys={[]} />
      {loaded && <DeletedLists lists={lists} />}
      {failed && <LoadError what="trash" error={failed.error} queries={trash} />}
      {!loaded && !failed && <TaskListSkeleton />}
      {loaded && tasks.length + lists.length === 0 && <EmptyState title="Nothing in the trash." text="What you delete waits here." />}
      {loaded && tasks.length > 0 && (
        <TaskList label="Deleted tasks" tasks={tasks} more={deletedTasks}>
          {(task) => <TrashRow item={task} onErase={(row) => setErasing({ task, row })} />}
        </TaskList>
      )}
      {erasing && (
        <EraseDialog
          task={erasing.task}
          onClose={() => setErasing(undefined)}
          onErase={() => erase(erasing)}
        />
      )}
    </>
  );
}
