import { useCallback } from "react";
import { ViewHeader } from "../app/ViewHeader";
import { addressOf } from "../app/route";
import { useWorkspace } from "../data/workspace";
import { NewTask } from "../editor/NewTask";
import { isInView } from "../list/focus";
import { addDays, dayAt, dayOf, dueName, dueOn, nextChange, shortDate } from "../task/dates";
import type { Fields } from "../task/fields";
import { useNow } from "../ui/clock";
import { EmptyState } from "../ui/EmptyState";
import { DayFrame } from "./DayFrame";
import { DaySection } from "./DaySection";
import { onToday, splitToday, todayFilters } from "./sections";
import { useDue } from "./use-due";

/** The overdue tasks, and those due today. */
export function TodayView() {
  const { writes } = useWorkspace();
  const day = dayAt(useNow((now) => nextChange([], now)));
  const due = useDue(todayFilters(day));
  const now = useNow((now) => nextChange(due.tasks, now));
  const { overdue, today } = splitToday(due.tasks, now);
  const isShown = useCallback((other: string) => other <= day, [day]);
  const none = due.tasks.length === 0;
  return (
    <>
      <ViewHeader title="Today" summary={shortDate(day, true)} />
      <NewTask defaults={dueOn(day)} placeholder="Add a task for today" whyHidden={whyHidden(addDays(day, 1))} />
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
        {!none && <DaySection title="Today" aside={shortDate(day)} day={day} tasks={today} />}
        {none && (
          <EmptyState
            title="Nothing is due today."
            text={
              <>
                Enjoy the quiet, or look at <a href={addressOf("upcoming")}>what comes next</a>.
              </>
            }
          />
        )}
      </DayFrame>
    </>
  );
}

/** Returns the reason why a view that ends before a day does not show a new task. */
export const whyHidden =
  (end: string) =>
  (key: string, fields: Fields): string | undefined => {
    if (isInView(key)) return undefined;
    if (!fields.dueAt) return "It has no due date.";
    return dayOf(fields) < end ? "It is further down." : `It is due ${dueName(fields)}.`;
  };
