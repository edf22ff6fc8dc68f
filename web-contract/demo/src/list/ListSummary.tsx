import { addressOf, useRoute } from "../app/route";
import { allTasks, queryOf, defaultSort, type Filters, type Show } from "../filters/filters";
import { Dotted } from "../ui/Dotted";
import type { Counts } from "./summary";

interface Props {
  counts: Counts;
  /** The counts of open tasks, in words. */
  open: string[];
  filters: Filters;
}

/** The number of tasks, with links between the open and the completed ones. */
export function ListSummary({ counts, open, filters }: Props) {
  const { path, list } = useRoute();
  const to = (show: Show) => addressOf(path, queryOf({ ...allTasks, sort: filters.sort, show }, defaultSort(list)));
  const completed = `${counts.completed}${counts.more ? "+" : ""} completed`;
  if (filters.show === "completed") return <Dotted parts={[<a href={to("all")}>{counts.open} open</a>, completed]} />;
  return <Dotted parts={[...open, ...(counts.completed > 0 ? [<a href={to("completed")}>{completed}</a>] : [])]} />;
}
