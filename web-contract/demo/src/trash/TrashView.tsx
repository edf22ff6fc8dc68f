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
import { Dialog } from "../ui/Dialog";
import { EmptyState } from "../ui/EmptyState";
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
      <LostEditor tasks={[]} />
      {loaded && lists.length > 0 && (
        <ul role="list" className="plain-list" aria-label="Deleted lists">
          {lists.map((list) => (
            <li key={list.id}>
              <TrashRow item={list} />
            </li>
          ))}
        </ul>
      )}
      {failed && <LoadError what="trash" error={failed.error} queries={trash} />}
      {!loaded && !failed && <TaskListSkeleton />}
      {loaded && tasks.length + lists.length === 0 && <EmptyState title="Nothing in the trash." text="What you delete waits here." />}
      {loaded && tasks.length > 0 && (
        <TaskList label="Deleted tasks" tasks={tasks} more={deletedTasks}>
          {(task) => <TrashRow item={task} onErase={(row) => setErasing({ task, row })} />}
        </TaskList>
      )}
      {erasing && (
        <Dialog title="Erase this task permanently?" role="alertdialog" onClose={() => setErasing(undefined)}>
          <p className="dialog-text">“<bdi>{erasing.task.title}</bdi>” cannot be brought back afterwards.</p>
          <div className="dialog-actions">
            <button type="button" className="button" onClick={() => setErasing(undefined)} autoFocus>
              Keep it
            </button>
            <button type="button" className="button danger" onClick={() => erase(erasing)}>
              Erase
            </button>
          </div>
        </Dialog>
      )}
    </>
  );
}
