import { addressOf, useRoute } from "../app/route";
import { allTasks, defaultSort, queryOf, type Filters, type Show } from "../filters/filters";
import type { Counts } from "./summary";

/** The number of tasks, with links between the open and the completed ones. */
export function ListSummary({ counts, text, filters }: { counts: Counts; text: string; filters: Filters }) {
  const { path, list } = useRoute();
  const to = (show: Show) => addressOf(path, queryOf({ ...allTasks, sort: filters.sort, show }, defaultSort(list)));
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
