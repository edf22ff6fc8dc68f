import {
  keepPreviousData,
  useInfiniteQuery,
  useQuery,
  useQueryClient,
  type InfiniteData,
  type UseInfiniteQueryResult,
} from "@tanstack/react-query";
import type { Task, TaskPage } from "@tasklane/web-contract";
import { itemKey } from "@tasklane/web-contract/react";
import { useEffect, useEffectEvent, useMemo } from "react";
import { addressOf, useRoute } from "../app/route";
import { focusField, newTaskFieldId } from "../app/shortcuts";
import { ViewHeader } from "../app/ViewHeader";
import { counted, listName, reason } from "../data/messages";
import { useWorkspace } from "../data/workspace";
import { useEdgeScroll } from "../drag/drag";
import { LostEditor } from "../editor/LostEditor";
import { NewSubtask } from "../editor/NewSubtask";
import { NewTask } from "../editor/NewTask";
import {
  allTasks,
  countFilters,
  isNarrowed,
  queryOf,
  taskFilters,
  usualSort,
  type Filters,
  type Show,
} from "../filters/filters";
import { useFilters } from "../filters/use-filters";
import { ActiveFilters } from "../filters/ActiveFilters";
import { Toolbar } from "../filters/Toolbar";
import { SelectionBar } from "../select/SelectionBar";
import { nextChange } from "../task/dates";
import { tasksOfList } from "../task/lists";
import { useNow } from "../ui/clock";
import { useStore } from "../ui/store";
import { EmptyState } from "../ui/EmptyState";
import { ErrorState } from "../ui/ErrorState";
import { createTaskOrder, OrderContext, type TaskOrder } from "./task-order";
import { folded } from "./folded";
import { progressOf, treeOf, unfolded, type Progress, type Tree } from "./tree";
import { ListMenu } from "../lists/ListMenu";
import { inbox, useListCounts, useLists, useShown } from "../lists/use-lists";
import type { Fields } from "../task/fields";
import { isInView } from "./focus";
import { summary, type Counts } from "./summary";
import { TaskItem } from "./TaskItem";
import { TaskList } from "./TaskList";
import { TaskListSkeleton } from "./TaskListSkeleton";
import "./list.css";

type ListQuery = UseInfiniteQueryResult<InfiniteData<TaskPage>>;

/** The tasks that are on the page, as far as they are loaded. */
interface Shown {
  open: readonly Task[];
  completed: readonly Task[];
}

interface Props {
  started: boolean;
  /** The list whose tasks are shown: its id, or inbox for those in none; undefined for all. */
  list: string | undefined;
  title: string;
}

/** The tasks of a list, or of all: what is open, and below it what is done. */
export function TasksView({ started, list, title }: Props) {
  const { queries, writes, notices, drafts } = useWorkspace();
  const queryClient = useQueryClient();
  const { data: stats } = useQuery({ ...queries.stats(), enabled: started });
  const lists = useLists();
  const shownList = list === undefined ? undefined : lists.find(list);
  const [filters, change] = useFilters();
  const now = useNow((now) => nextChange([], now));
  const wanted = useMemo(() => ({ ...taskFilters(filters, now), listId: list }), [filters, now, list]);
  const placeholderData = keepPreviousData;
  const openQuery = useMemo(() => queries.tasks({ ...wanted, completed: false }), [queries, wanted]);
  const open = useInfiniteQuery({ ...openQuery, placeholderData, enabled: started });
  const completed = useInfiniteQuery({
    ...queries.tasks({ ...wanted, completed: true }),
    placeholderData,
    // What is done is never overdue.
    enabled: started && filters.due !== "overdue",
  });
  const openTasks = useShown(useMemo(() => tasksOfList(open.data), [open.data]), list);
  const completedTasks = useShown(useMemo(() => tasksOfList(completed.data), [completed.data]), list);
  useNow((now) => nextChange(openTasks, now));
  const openIn = useListCounts();
  const counts: Counts | undefined =
    list === undefined || !stats
      ? stats
      : { open: openIn(list), dueToday: 0, overdue: 0, completed: completedTasks.length, more: completed.hasNextPage };
  const any = counts && counts.open + counts.completed > 0;
  const all = open.data && !open.isPlaceholderData && !open.hasNextPage && !isNarrowed(filters) ? openTasks : undefined;

  // Among all tasks of several lists there is no order of the user's own.
  const byHand = filters.sort === "manual" && !wanted.q && (list !== undefined || lists.active.length === 0);
  const tree = useMemo(() => (byHand ? treeOf(openTasks) : undefined), [byHand, openTasks]);
  const hidden = useStore(folded);
  const unhidden = useMemo(() => tree && unfolded(tree, hidden), [tree, hidden]);
  const progress = useMemo(() => progressOf(openTasks, completedTasks), [openTasks, completedTasks]);
  const done = filters.show === "completed";
  const shownCompleted = (done || !open.hasNextPage) && filters.due !== "overdue" ? completedTasks : [];
  const shown: Shown = { open: done ? [] : (unhidden ?? openTasks), completed: shownCompleted };
  const main = done ? completed : open;
  const loaded = open.data !== undefined && completed.data !== undefined;
  // Who has no task yet has nothing to search either.
  const blank = loaded && openTasks.length + completedTasks.length === 0 && !isNarrowed(filters);

  const order = useMemo(() => {
    if (!byHand) return undefined;
    let known: { data: InfiniteData<TaskPage> | undefined; tree: Tree } | undefined;
    const read = () => {
      const data = queryClient.getQueryData(openQuery.queryKey);
      if (!known || known.data !== data) known = { data, tree: treeOf(tasksOfList(data)) };
      return known.tree;
    };
    return createTaskOrder(read, { writes, notices, drafts });
  }, [byHand, openQuery, queryClient, writes, notices, drafts]);
  useEdgeScroll();

  function whyHidden(key: string, { listId }: Fields): string | undefined {
    if (list !== undefined && list !== (listId ?? inbox)) return `It is in ${listName(lists.find(listId))}.`;
    const known = queryClient.getQueryData(openQuery.queryKey);
    const listed = tasksOfList(known).some((task) => itemKey(queryClient, task) === key);
    if (!known || isInView(key)) return undefined;
    if ((listed && filters.show === "all") || !isNarrowed(filters)) return "It is further down.";
    return `Your ${countFilters(filters) > 0 ? "filters hide" : "search hides"} it.`;
  }

  // Who comes to an empty list can write at once. In any other the single keys work.
  const welcome = useEffectEvent(() => {
    if (blank && document.activeElement === document.body) focusField(newTaskFieldId);
  });
  useEffect(() => {
    if (loaded) welcome();
  }, [loaded]);

  return (
    <>
      <ViewHeader
        title={title}
        options={shownList && <ListMenu list={shownList} className="tool" />}
        mark={shownList && <span className="dot" data-color={shownList.color ?? undefined} />}
        summary={any ? <Summary counts={counts} text={summary(counts, all, now)} filters={filters} /> : "\u00a0"}
      >
        {!blank && <Toolbar />}
      </ViewHeader>
      <ActiveFilters filters={filters} onChange={change} />
      <SelectionBar
        tasks={[...shown.open, ...shown.completed]}
        all={done ? shown.completed : shown.open}
        loadAll={() => loadAll(main)}
      />
      <NewTask defaults={{ listId: shownList?.id ?? null }} whyHidden={whyHidden} />
      <Lists list={list} open={open} completed={completed} shown={shown} order={order} tree={tree} progress={progress} />
    </>
  );
}

/** How many tasks there are, and the way between the open and the completed ones. */
function Summary({ counts, text, filters }: { counts: Counts; text: string; filters: Filters }) {
  const { path, list } = useRoute();
  const to = (show: Show) => addressOf(path, queryOf({ ...allTasks, sort: filters.sort, show }, usualSort(list)));
  const completed = `${counts.completed}${counts.more ? "+" : ""} completed`;
  if (filters.show === "completed") {
    return (
      <>
        <a href={to("all")}>{counts.open} open</a> · {completed}
      </>
    );
  }
  return (
    <>
      {text}
      {counts.completed > 0 && (
        <>
          {" · "}
          <a href={to("completed")}>{completed}</a>
        </>
      )}
    </>
  );
}

interface ListsProps {
  list: string | undefined;
  open: ListQuery;
  completed: ListQuery;
  shown: Shown;
  order: TaskOrder | undefined;
  tree: Tree | undefined;
  progress: ReadonlyMap<string, Progress>;
}

function Lists({ list, open, completed, shown, order, tree, progress }: ListsProps) {
  const [filters] = useFilters();
  const queryClient = useQueryClient();
  const { drafts } = useWorkspace();
  const hidden = useStore(folded);
  const adding = useStore(drafts.newSubtask);
  const parent = shown.open.find(({ id }) => id === adding);
  const last = parent && tree && shown.open.findLast((task) => tree.isWithin(task, parent));
  const failed = [open, completed].find((list) => !list.data && list.isError);
  if (failed) {
    const retry = () => void Promise.all([open.refetch(), completed.refetch()]);
    return (
      <ErrorState
        title="Your tasks could not be loaded."
        detail={reason(failed.error)}
        action="Try again"
        onAction={retry}
      />
    );
  }
  const done = filters.show === "completed";
  const main = done ? completed : open;
  if (!main.data) return <TaskListSkeleton />;

  const item = (task: Task) => {
    const { done, all } = progress.get(task.id) ?? { done: 0, all: 0 };
    const depth = tree?.depthOf(task) ?? 0;
    const isFolded = tree?.hasBelow(task) ? hidden.has(task.id) : undefined;
    return (
      <>
        <TaskItem task={task} list={list} depth={depth} done={done} all={all} isFolded={isFolded} />
        {parent && task.id === last?.id && <NewSubtask parent={parent} depth={tree!.depthOf(parent) + 1} />}
      </>
    );
  };
  const all = [...shown.open, ...shown.completed];
  const anyCompleted = shown.completed.length > 0;
  return (
    <div aria-busy={main.isPlaceholderData}>
      <p className="visually-hidden" role="status">
        {isNarrowed(filters) && !main.isPlaceholderData && `${counted(all.length)} found`}
      </p>
      <LostEditor keys={all.map((task) => itemKey(queryClient, task))} />
      {shown.open.length > 0 && (
        <OrderContext value={order}>
          <TaskList label="Open tasks" tasks={shown.open} more={open}>
            {item}
          </TaskList>
        </OrderContext>
      )}
      {shown.open.length === 0 && !(done && anyCompleted) && (
        <NoOpenTasks narrowed={isNarrowed(filters)} anyCompleted={anyCompleted} />
      )}
      {done && anyCompleted && (
        <TaskList label="Completed tasks" tasks={shown.completed} more={completed}>
          {item}
        </TaskList>
      )}
      {!done && anyCompleted && (
        <details className="completed" open>
          <summary>
            Completed{" "}
            <span className="count">
              {shown.completed.length}
              {completed.hasNextPage && "+"}
            </span>
          </summary>
          <TaskList label="Completed tasks" tasks={shown.completed} more={completed}>
            {item}
          </TaskList>
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
