import { useCallback, useMemo } from "react";
import { ViewHeader } from "../app/ViewHeader";
import { addressOf } from "../app/route";
import { useWorkspace } from "../data/workspace";
import { NewTask } from "../editor/NewTask";
import { isInView } from "../list/focus";
import { addDays, dueName, dueOn, nextChange, shortDate, startOfDay } from "../task/dates";
import type { Fields } from "../task/fields";
import { useNow } from "../ui/clock";
import { EmptyState } from "../ui/EmptyState";
import { DayFrame } from "./DayFrame";
import { DaySection } from "./DaySection";
import { onToday, splitToday, todayFilters } from "./sections";
import { useDue } from "./use-due";

/** The overdue tasks, and what is due today. */
export function TodayView() {
  const { writes } = useWorkspace();
  const day = startOfDay(useNow((now) => nextChange([], now)));
  const time = day.getTime();
  const due = useDue(useMemo(() => todayFilters(new Date(time)), [time]));
  const now = useNow((now) => nextChange(due.tasks, now));
  const { overdue, today } = splitToday(due.tasks, now);
  const isShown = useCallback((other: Date) => other.getTime() <= time, [time]);
  const none = due.tasks.length === 0;
  return (
    <>
      <ViewHeader title="Today" summary={shortDate(now, true)} />
      <NewTask defaults={{ dueAt: dueOn(now) }} placeholder="Add a task for today" whyHidden={whyHidden(addDays(day, 1))} />
      <DayFrame due={due} isShown={isShown}>
        {overdue.length > 0 && (
          <DaySection title="Overdue" tasks={overdue}>
            <button
              type="button"
              className="button quiet"
              onClick={() => writes.reschedule(overdue, (task) => onToday(task, new Date()), "today")}
            >
              Reschedule to today
            </button>
          </DaySection>
        )}
        {!none && <DaySection title="Today" aside={shortDate(now)} day={day} tasks={today} />}
        {none && <EmptyState title="Nothing is due today." text="Enjoy the quiet, or look at what comes next." />}
        {none && (
          <p className="list-end">
            <a href={addressOf("upcoming")}>Upcoming</a>
          </p>
        )}
      </DayFrame>
    </>
  );
}

/** Tells why a view of the days before a moment does not show a new task. */
export const whyHidden =
  (end: Date) =>
  (key: string, { dueAt }: Fields): string | undefined => {
    if (isInView(key)) return undefined;
    if (!dueAt) return "It has no due date.";
    return new Date(dueAt) < end ? "It is further down." : `It is due ${dueName(dueAt)}.`;
  };
