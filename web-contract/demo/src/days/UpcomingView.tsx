import { useQuery } from "@tanstack/react-query";
import { isOverdue, type Task } from "@tasklane/web-contract";
import { useCallback, useMemo, useState } from "react";
import { ViewHeader } from "../app/ViewHeader";
import { timeZone } from "../data/client";
import { useWorkspace } from "../data/workspace";
import { NewTask } from "../editor/NewTask";
import { addDays, dayName, dueOn, nextChange, shortDate, startOfDay } from "../task/dates";
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
  const today = startOfDay(useNow((now) => nextChange([], now)));
  const time = today.getTime();
  const due = useDue(useMemo(() => upcomingFilters(new Date(time), count), [time, count]));
  const now = useNow((now) => nextChange(due.tasks, now));
  const end = addDays(today, count);
  const isShown = useCallback((day: Date) => day < addDays(new Date(time), count), [time, count]);
  return (
    <>
      <ViewHeader title="Upcoming" summary={`${shortDate(today)} – ${shortDate(addDays(end, -1))}`} />
      <NewTask defaults={{ dueAt: dueOn(addDays(today, 1)) }} placeholder="Add a task for tomorrow" whyHidden={whyHidden(end)} />
      <DayFrame due={due} isShown={isShown}>
        {daysOf(due.tasks, today, count).map(({ date, tasks }) => (
          <DaySection
            key={date.getTime()}
            title={weekdayName(date, now)}
            label={dayName(date, now)}
            aside={shortDate(date)}
            day={date}
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

/** Today, Tomorrow, or the weekday. */
function weekdayName(date: Date, now: Date): string {
  return date < addDays(startOfDay(now), 2) ? dayName(date, now) : date.toLocaleDateString(undefined, { weekday: "long" });
}

/** Counts the open tasks that are not due on the days that are shown. */
function Beyond({ tasks, now }: { tasks: readonly Task[]; now: Date }) {
  const { queries } = useWorkspace();
  const { data } = useQuery(queries.stats({ timeZone }));
  if (!data) return null;
  const { open, undated, overdue } = data;
  const later = open - undated - overdue - tasks.filter((task) => !isOverdue(task, now)).length;
  const parts = [later > 0 && `Later: ${later}`, undated > 0 && `No date: ${undated}`].filter(Boolean);
  return parts.length > 0 && <p className="list-end">{parts.join(" · ")}</p>;
}
