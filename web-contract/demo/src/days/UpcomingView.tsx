import { useQuery } from "@tanstack/react-query";
import { isOverdue, type Task } from "@tasklane/web-contract";
import { useCallback, useState } from "react";
import { ViewHeader } from "../app/ViewHeader";
import { useWorkspace } from "../data/workspace";
import { NewTask } from "../editor/NewTask";
import { addDays, dayAt, dayName, dueOn, nextChange, shortDate, weekdayName } from "../task/dates";
import { useNow } from "../ui/clock";
import { DayFrame } from "./DayFrame";
import { DaySection } from "./DaySection";
import { daysOf, upcomingFilters } from "./sections";
import { whyHidden } from "./TodayView";
import { useDue } from "./use-due";

/** How many days are shown at first, and with each "more". */
const step = 14;

/** The coming days, between which tasks are dragged. */
export function UpcomingView() {
  const [count, setCount] = useState(step);
  const today = dayAt(useNow((now) => nextChange([], now)));
  const due = useDue(upcomingFilters(today, count));
  const now = useNow((now) => nextChange(due.tasks, now));
  const end = addDays(today, count);
  const isShown = useCallback((day: string) => day < end, [end]);
  return (
    <>
      <ViewHeader title="Upcoming" summary={`${shortDate(today)} – ${shortDate(addDays(end, -1))}`} />
      <NewTask defaults={dueOn(addDays(today, 1))} placeholder="Add a task for tomorrow" whyHidden={whyHidden(end)} />
      <DayFrame due={due} isShown={isShown}>
        {daysOf(due.tasks, today, count).map(({ day, tasks }) => (
          <DaySection
            key={day}
            title={day < addDays(today, 2) ? dayName(day, now) : weekdayName(day)}
            label={dayName(day, now)}
            aside={shortDate(day)}
            day={day}
            tasks={tasks}
          />
        ))}
        <p className="list-end">
          <button type="button" className="button quiet" onClick={() => setCount(count + step)}>
            Show {step} more days
          </button>
        </p>
        {!due.hasNextPage && <Beyond tasks={due.tasks} now={now} />}
      </DayFrame>
    </>
  );
}

/** Counts the open tasks that are not due on the days that are shown. */
function Beyond({ tasks, now }: { tasks: readonly Task[]; now: Date }) {
  const { queries } = useWorkspace();
  const { data } = useQuery(queries.stats());
  if (!data) return null;
  const { open, undated, overdue } = data;
  const later = open - undated - overdue - tasks.filter((task) => !isOverdue(task, now)).length;
  const parts = [later > 0 && `Later: ${later}`, undated > 0 && `No date: ${undated}`].filter(Boolean);
  return parts.length > 0 && <p className="list-end">{parts.join(" · ")}</p>;
}
