import { useQuery } from "@tanstack/react-query";
import { isOverdue, type Task } from "@tasklane/web-contract";
import { Fragment, useCallback, useMemo, useState } from "react";
import { ViewHeader } from "../app/ViewHeader";
import { useWorkspace } from "../data/workspace";
import { NewTask } from "../editor/NewTask";
import { addDays, dayAt, dayName, dayOf, dueOn, nextChange, shortDate, startOfWeek, weekdayName } from "../task/dates";
import { recurrence } from "../task/recurrence";
import { useNow } from "../ui/clock";
import { Dotted } from "../ui/Dotted";
import { useStore } from "../ui/store";
import { DayFrame } from "./DayFrame";
import { DaySection } from "./DaySection";
import type { Ghost } from "./Ghosts";
import { daysOf, todayFilters, upcomingFilters } from "./sections";
import { whyHidden } from "./TodayView";
import { useDue } from "./use-due";

/** The number of weeks shown at first, including this one, and added by each “Show more”. */
const step = 2;

/** The coming days by weeks. Tasks can be dragged from day to day. */
export function UpcomingView() {
  const [weeks, setWeeks] = useState(step);
  const today = dayAt(useNow((now) => nextChange([], now)));
  const end = addDays(startOfWeek(today), 7 * weeks);
  const due = useDue(upcomingFilters(today, end));
  const dueUntilToday = useDue(todayFilters(today)).tasks;
  const now = useNow((now) => nextChange(due.tasks, now));
  const ghosts = useGhosts(due.tasks, dueUntilToday, now, end);
  const isShown = useCallback((day: string) => day < end, [end]);
  return (
    <>
      <ViewHeader title="Upcoming" summary={`${shortDate(today)} – ${shortDate(addDays(end, -1))}`} />
      <NewTask defaults={dueOn(addDays(today, 1))} placeholder="Add a task for tomorrow" whyHidden={whyHidden(end)} />
      <DayFrame due={due} isShown={isShown}>
        {daysOf(due.tasks, today, end).map(({ day, tasks }) => (
          <Fragment key={day}>
            {day > today && day === startOfWeek(day) && <WeekHead day={day} today={today} />}
            <DaySection
              title={day < addDays(today, 2) ? dayName(day, now) : weekdayName(day)}
              label={dayName(day, now)}
              aside={shortDate(day)}
              day={day}
              tasks={tasks}
              ghosts={ghosts.get(day) ?? []}
            />
          </Fragment>
        ))}
        <p className="list-end">
          <button type="button" className="button quiet" onClick={() => setWeeks(weeks + step)}>
            Show {step} more weeks
          </button>
        </p>
        {!due.hasNextPage && <Beyond tasks={due.tasks} now={now} />}
      </DayFrame>
    </>
  );
}

/** Returns the due dates of recurring tasks after their current ones and before `end`, by day. */
function useGhosts(tasks: readonly Task[], dueUntilToday: readonly Task[], now: Date, end: string): ReadonlyMap<string, Ghost[]> {
  const engine = useStore(recurrence);
  return useMemo(() => {
    const ghosts = new Map<string, Ghost[]>();
    // Tasks due today are in both.
    for (const task of new Map([...dueUntilToday, ...tasks].map((task) => [task.id, task])).values()) {
      if (!task.recurrence || !engine) continue;
      for (const due of engine.nextDues(task, now, { before: end })) {
        const day = dayOf(due);
        ghosts.set(day, [...(ghosts.get(day) ?? []), { task, due }]);
      }
    }
    return ghosts;
  }, [engine, tasks, dueUntilToday, now, end]);
}

/** The heading of a week. */
function WeekHead({ day, today }: { day: string; today: string }) {
  const isNext = day <= addDays(today, 7);
  return (
    <p className="week-head">
      {isNext && "Next week "}
      <span>
        {shortDate(day)} – {shortDate(addDays(day, 6))}
      </span>
    </p>
  );
}

/** Counts the open tasks that are not due on the days that are shown. */
function Beyond({ tasks, now }: { tasks: readonly Task[]; now: Date }) {
  const { queries } = useWorkspace();
  const { data } = useQuery(queries.stats());
  if (!data) return null;
  const { open, undated, overdue } = data;
  const later = open - undated - overdue - tasks.filter((task) => !isOverdue(task, now)).length;
  const parts = [later > 0 && `Later: ${later}`, undated > 0 && `No date: ${undated}`].filter((part) => part !== false);
  return (
    parts.length > 0 && (
      <p className="list-end">
        <Dotted parts={parts} />
      </p>
    )
  );
}
