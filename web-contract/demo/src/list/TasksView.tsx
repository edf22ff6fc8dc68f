import {
  keepPreviousData,
  useInfiniteQuery,
  useQuery,
  useQueryClient,
  type InfiniteData,
  type UseInfiniteQueryResult,
} from "@tanstack/react-query";
import type { Task, TaskPage } from "@tasklane/web-contract";
import { itemKey, type TaskFilters } from "@tasklane/web-contract/react";
import { useMemo } from "react";
import { timeZone } from "../data/client";
import { counted, reason } from "../data/messages";
import { useWorkspace } from "../data/workspace";
import { LostEditor } from "../editor/LostEditor";
import { NewTask } from "../editor/NewTask";
import { countFilters, isNarrowed, taskFilters, useFilters } from "../filters/filters";
import { Toolbar } from "../filters/Toolbar";
import { SelectionBar } from "../select/SelectionBar";
import { nextChange } from "../task/dates";
import { tasksOfList } from "../task/lists";
import { useNow } from "../ui/clock";
import { EmptyState } from "../ui/EmptyState";
import { ErrorState } from "../ui/ErrorState";
import { isInView } from "./focus";
import { summary } from "./summary";
import { TaskList } from "./TaskList";
import { TaskListSkeleton } from "./TaskListSkeleton";
import "./list.css";

type ListQuery = UseInfiniteQueryResult<InfiniteData<TaskPage>>;

/** The list of the signed-in user: what is open, and below it what is done. */
export function TasksView({ started }: { started: boolean }) {
  const { queries } = useWorkspace();
  const queryClient = useQueryClient();
  const { data: stats } = useQuery({ ...queries.stats({ timeZone }), enabled: started });
  const [filters] = useFilters();
  const now = useNow((now) => nextChange([], now));
  const wanted = useMemo(() => taskFilters(filters, now), [filters, now]);
  const placeholderData = keepPreviousData;
  const open = useInfiniteQuery({ ...queries.tasks({ ...wanted, completed: false }), placeholderData, enabled: started });
  const openTasks = useMemo(() => tasksOfList(open.data), [open.data]);
  useNow((now) => nextChange(openTasks, now));
  const any = stats && stats.open + stats.completed > 0;
  const all = open.data && !open.isPlaceholderData && !open.hasNextPage && !isNarrowed(filters) ? openTasks : undefined;

  function whyHidden(key: string): string | undefined {
    const loaded = queryClient.getQueryData(queries.tasks({ ...wanted, completed: false }).queryKey);
    const listed = tasksOfList(loaded).some((task) => itemKey(queryClient, task) === key);
    if (!loaded || isInView(key)) return undefined;
    if (listed || !isNarrowed(filters)) return "It is further down.";
    return `Your ${countFilters(filters) > 0 ? "filters hide" : "search hides"} it.`;
  }

  return (
    <>
      <p className="page-summary">{any ? summary(stats, all, now) : "\u00a0"}</p>
      <NewTask whyHidden={whyHidden} />
      <Lists started={started} wanted={wanted} open={open} />
    </>
  );
}

function Lists({ started, wanted, open }: { started: boolean; wanted: TaskFilters; open: ListQuery }) {
  const { queries } = useWorkspace();
  const [filters] = useFilters();
  const queryClient = useQueryClient();
  const completed = useInfiniteQuery({
    ...queries.tasks({ ...wanted, completed: true }),
    placeholderData: keepPreviousData,
    // What is done is never overdue.
    enabled: started && filters.due !== "overdue",
  });
  const openTasks = useMemo(() => tasksOfList(open.data), [open.data]);
  const completedTasks = useMemo(() => tasksOfList(completed.data), [completed.data]);

  const failed = [open, completed].find((list) => !list.data && list.isError);
  if (failed) {
    const retry = () => void Promise.all([open.refetch(), completed.refetch()]);
    return (
      <>
        <Toolbar />
        <ErrorState
          title="Your tasks could not be loaded."
          detail={reason(failed.error)}
          action="Try again"
          onAction={retry}
        />
      </>
    );
  }
  if (!open.data) {
    return (
      <>
        <Toolbar />
        <TaskListSkeleton />
      </>
    );
  }

  const showCompleted = completedTasks.length > 0 && !open.hasNextPage && filters.due !== "overdue";
  const all = showCompleted ? [...openTasks, ...completedTasks] : openTasks;
  const loadRest = async () => [...(await loadAll(open)), ...(await loadAll(completed))];
  // Who has no task yet has nothing to search either.
  const nothing = all.length === 0 && !isNarrowed(filters);
  return (
    <div aria-busy={open.isPlaceholderData}>
      {!nothing && <Toolbar />}
      <SelectionBar tasks={all} loadRest={loadRest} />
      <p className="visually-hidden" role="status">
        {isNarrowed(filters) && !open.isPlaceholderData && `${counted(all.length)} found`}
      </p>
      <LostEditor keys={all.map((task) => itemKey(queryClient, task))} />
      {openTasks.length > 0 ? (
        <TaskList label="Open tasks" tasks={openTasks} more={open} />
      ) : (
        <NoOpenTasks narrowed={isNarrowed(filters)} anyCompleted={completedTasks.length > 0} />
      )}
      {showCompleted && (
        <details className="completed" open>
          <summary>
            Completed{" "}
            <span className="count">
              {completedTasks.length}
              {completed.hasNextPage && "+"}
            </span>
          </summary>
          <TaskList label="Completed tasks" tasks={completedTasks} more={completed} />
        </details>
      )}
    </div>
  );
}

/** Loads all pages of a list, as far as that works, and resolves to its tasks. */
async function loadAll(list: ListQuery): Promise<Task[]> {
  let loaded = list;
  while (loaded.hasNextPage && !loaded.isFetchNextPageError) loaded = await loaded.fetchNextPage();
  return tasksOfList(loaded.data);
}

function NoOpenTasks({ narrowed, anyCompleted }: { narrowed: boolean; anyCompleted: boolean }) {
  if (narrowed) return <EmptyState title="Nothing found." text="Try other words, or fewer filters." />;
  if (anyCompleted) return <EmptyState title="All done." text="Enjoy the quiet, or add what comes next." />;
  return <EmptyState title="Nothing here yet." text="Write down the first thing on your mind." />;
}
