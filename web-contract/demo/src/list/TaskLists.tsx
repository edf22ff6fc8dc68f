import type { InfiniteData, UseInfiniteQueryResult } from "@tanstack/react-query";
import type { Task, TaskPage } from "@tasklane/web-contract";
import { counted } from "../data/messages";
import { useWorkspace } from "../data/workspace";
import { LostEditor } from "../editor/LostEditor";
import { NewSubtask } from "../editor/NewSubtask";
import { isNarrowed } from "../filters/filters";
import { useFilters } from "../filters/use-filters";
import { EmptyState } from "../ui/EmptyState";
import { useStore } from "../ui/store";
import { collapsed } from "./collapsed";
import { LoadError } from "./LoadError";
import { OrderContext, type TaskOrder } from "./task-order";
import { TaskItem } from "./TaskItem";
import { TaskList } from "./TaskList";
import { TaskListSkeleton } from "./TaskListSkeleton";
import type { Progress, Tree } from "./tree";
import "./list.css";

export type ListQuery = UseInfiniteQueryResult<InfiniteData<TaskPage>>;

/** The loaded tasks that the page shows. */
export interface Shown {
  open: readonly Task[];
  completed: readonly Task[];
}

interface Props {
  list: string | undefined;
  open: ListQuery;
  completed: ListQuery;
  shown: Shown;
  order: TaskOrder | undefined;
  tree: Tree | undefined;
  progress: ReadonlyMap<string, Progress>;
}

/** The open tasks, and below them the completed ones. */
export function TaskLists({ list, open, completed, shown, order, tree, progress }: Props) {
  const [filters] = useFilters();
  const { drafts } = useWorkspace();
  const collapsedIds = useStore(collapsed);
  const adding = useStore(drafts.newSubtask);
  const parent = shown.open.find(({ id }) => id === adding);
  const last = parent && tree && shown.open.findLast((task) => tree.isWithin(task, parent));
  const failed = [open, completed].find((list) => !list.data && list.isError);
  if (failed) return <LoadError what="tasks" error={failed.error} queries={[open, completed]} />;
  const onlyCompleted = filters.show === "completed";
  const main = onlyCompleted ? completed : open;
  if (!main.data) return <TaskListSkeleton />;

  const isPart = open.hasNextPage || completed.hasNextPage || isNarrowed(filters);
  const item = (task: Task) => {
    const depth = tree?.depthOf(task) ?? 0;
    const isCollapsed = tree?.hasBelow(task) ? collapsedIds.has(task.id) : undefined;
    return (
      <>
        <TaskItem task={task} list={list} depth={depth} {...progress.get(task.id)} isPart={isPart} isCollapsed={isCollapsed} />
        {parent && task.id === last?.id && <NewSubtask parent={parent} depth={tree!.depthOf(parent) + 1} />}
      </>
    );
  };
  const all = [...shown.open, ...shown.completed];
  const anyCompleted = shown.completed.length > 0;
  const completedList = (
    <TaskList label="Completed tasks" tasks={shown.completed} more={completed}>
      {item}
    </TaskList>
  );
  return (
    <div aria-busy={main.isPlaceholderData}>
      <p className="visually-hidden" role="status">
        {isNarrowed(filters) && !main.isPlaceholderData && `${counted(all.length)} found`}
      </p>
      <LostEditor tasks={all} />
      {shown.open.length > 0 && (
        <OrderContext value={order}>
          <TaskList label="Open tasks" tasks={shown.open} more={open} isFirst>
            {item}
          </TaskList>
        </OrderContext>
      )}
      {shown.open.length === 0 && !(onlyCompleted && anyCompleted) && (
        <NoOpenTasks narrowed={isNarrowed(filters)} anyCompleted={anyCompleted} />
      )}
      {onlyCompleted && anyCompleted && completedList}
      {!onlyCompleted && anyCompleted && (
        <details className="completed" open>
          <summary>
            Completed{" "}
            <span className="count">
              {shown.completed.length}
              {completed.hasNextPage && "+"}
            </span>
          </summary>
          {completedList}
        </details>
      )}
    </div>
  );
}

function NoOpenTasks({ narrowed, anyCompleted }: { narrowed: boolean; anyCompleted: boolean }) {
  if (narrowed) return <EmptyState title="Nothing found." text="Try other words, or fewer filters." />;
  if (anyCompleted) return <EmptyState title="All done." text="Enjoy the quiet, or add what comes next." />;
  return <EmptyState title="Nothing here yet." text="Write down the first thing on your mind." />;
}
