import { useQuery, useQueryClient } from "@tanstack/react-query";
import type { Task } from "@tasklane/web-contract";
import { itemKey } from "@tasklane/web-contract/react";
import { useEffect, useEffectEvent, useMemo } from "react";
import { focusField, newTaskFieldId } from "../app/shortcuts";
import { ViewHeader } from "../app/ViewHeader";
import { listName } from "../data/messages";
import { itemsOf } from "../data/pages";
import { useWorkspace } from "../data/workspace";
import { useEdgeScroll } from "../drag/drag";
import { NewTask } from "../editor/NewTask";
import { ActiveFilters } from "../filters/ActiveFilters";
import { countFilters, isNarrowed, type Filters } from "../filters/filters";
import { Toolbar } from "../filters/Toolbar";
import { useFilters } from "../filters/use-filters";
import { Dot } from "../lists/Dot";
import { ListMenu } from "../lists/ListMenu";
import { inbox, useListCounts, useLists } from "../lists/use-lists";
import { SelectionBar } from "../select/SelectionBar";
import { nextChange } from "../task/dates";
import type { Fields } from "../task/fields";
import { useNow } from "../ui/clock";
import { isFocusLost } from "../ui/lost-focus";
import { useStore } from "../ui/store";
import { isInView } from "./focus";
import { collapsed } from "./collapsed";
import { ListSummary } from "./ListSummary";
import { summary, type Counts } from "./summary";
import { TaskLists, type ListQuery, type Shown } from "./TaskLists";
import { progressOf, visibleTasks } from "./tree";
import { useTaskOrder, useTasks, type Tasks } from "./use-tasks";

interface Props {
  started: boolean;
  /** The list to show: its id, or inbox; undefined for all tasks. */
  list: string | undefined;
  title: string;
}

/** The tasks of a list, or of all: the open ones, then the completed ones. */
export function TasksView({ started, list, title }: Props) {
  const { queries } = useWorkspace();
  const { data: stats } = useQuery({ ...queries.stats(), enabled: started });
  const lists = useLists();
  const shownList = list === undefined ? undefined : lists.find(list);
  const [filters, change] = useFilters();
  const tasks = useTasks(list, filters, started);
  const { open, completed, openTasks, completedTasks } = tasks;
  const now = useNow((now) => nextChange(openTasks, now));
  const openIn = useListCounts();
  const counts: Counts | undefined =
    list === undefined || !stats
      ? stats
      : { open: openIn(list), dueToday: 0, overdue: 0, completed: completedTasks.length, more: completed.hasNextPage };
  const hasTasks = counts && counts.open + counts.completed > 0;
  const narrowed = isNarrowed(filters);
  const allOpen = open.data && !open.isPlaceholderData && !open.hasNextPage && !narrowed ? openTasks : undefined;

  // A view of all tasks in several lists has no manual order.
  const byHand = filters.sort === "manual" && filters.search.trim() === "" && (list !== undefined || lists.active.length === 0);
  const { order, tree } = useTaskOrder(tasks, byHand);
  const collapsedIds = useStore(collapsed);
  const visible = useMemo(() => tree && visibleTasks(tree, collapsedIds), [tree, collapsedIds]);
  const progress = useMemo(() => progressOf([...openTasks, ...completedTasks]), [openTasks, completedTasks]);
  const onlyCompleted = filters.show === "completed";
  const shownCompleted = (onlyCompleted || !open.hasNextPage) && filters.due !== "overdue" ? completedTasks : [];
  const shown: Shown = { open: onlyCompleted ? [] : (visible ?? openTasks), completed: shownCompleted };
  const loaded = open.data !== undefined && completed.data !== undefined;
  // Without tasks there is nothing to search.
  const blank = loaded && openTasks.length + completedTasks.length === 0 && !narrowed;
  const whyHidden = useWhyHidden(list, filters, tasks);
  useWelcome(loaded, blank);
  useEdgeScroll();

  return (
    <>
      <ViewHeader
        title={title}
        options={shownList && <ListMenu list={shownList} className="tool" />}
        mark={shownList && <Dot color={shownList.color} />}
        summary={hasTasks ? <ListSummary counts={counts} open={summary(counts, allOpen, now)} filters={filters} /> : "\u00a0"}
      >
        {!blank && <Toolbar />}
      </ViewHeader>
      <ActiveFilters filters={filters} onChange={change} />
      <SelectionBar
        tasks={[...shown.open, ...shown.completed]}
        all={onlyCompleted ? shown.completed : shown.open}
        loadAll={() => loadAll(onlyCompleted ? completed : open)}
      />
      <NewTask defaults={{ listId: shownList?.id ?? null }} whyHidden={whyHidden} />
      <TaskLists list={list} open={open} completed={completed} shown={shown} order={order} tree={tree} progress={progress} />
    </>
  );
}

/** Returns a function that says why the view does not show a new task, if it does not. */
function useWhyHidden(list: string | undefined, filters: Filters, { openKey }: Tasks) {
  const queryClient = useQueryClient();
  const lists = useLists();
  return (key: string, { listId }: Fields): string | undefined => {
    if (list !== undefined && list !== (listId ?? inbox)) return `It is in ${listName(lists.find(listId))}.`;
    const cached = queryClient.getQueryData(openKey);
    const listed = itemsOf(cached).some((task) => itemKey(queryClient, task) === key);
    if (!cached || isInView(key)) return undefined;
    if ((listed && filters.show === "all") || !isNarrowed(filters)) return "It is further down.";
    return `Your ${countFilters(filters) > 0 ? "filters hide" : "search hides"} it.`;
  };
}

/** Moves the focus to the field for new tasks if the list is empty when it is loaded. In other lists, single-key shortcuts work at once. */
function useWelcome(loaded: boolean, blank: boolean): void {
  const welcome = useEffectEvent(() => {
    if (blank && isFocusLost()) focusField(newTaskFieldId);
  });
  useEffect(() => {
    if (loaded) welcome();
  }, [loaded]);
}

/** Loads all pages of a list, or as many as succeed, and resolves to its tasks. */
async function loadAll(list: ListQuery): Promise<Task[]> {
  let loaded = list;
  while (loaded.hasNextPage && !loaded.isFetchNextPageError) loaded = await loaded.fetchNextPage();
  return itemsOf(loaded.data);
}
