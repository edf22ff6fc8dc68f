import { onlineManager, useQuery, useQueryClient } from "@tanstack/react-query";
import type { Agenda, Task } from "@tasklane/web-contract";
import { itemKey } from "@tasklane/web-contract/react";
import { ViewHeader } from "../app/ViewHeader";
import { timeZone } from "../data/client";
import { reason } from "../data/messages";
import { useWorkspace } from "../data/workspace";
import { LostEditor } from "../editor/LostEditor";
import { NewTask } from "../editor/NewTask";
import { TaskItem } from "../list/TaskItem";
import { TaskListSkeleton } from "../list/TaskListSkeleton";
import { SelectionBar } from "../select/SelectionBar";
import { addDays, dayName, dueOn, nextChange, shortDate, startOfDay } from "../task/dates";
import type { Fields } from "../task/fields";
import { tasksOfAgenda } from "../task/lists";
import { useNow } from "../ui/clock";
import { EmptyState } from "../ui/EmptyState";
import { ErrorState } from "../ui/ErrorState";
import { sectionsAt } from "./sections";
import "../list/list.css";
import "./agenda.css";

const days = 7;

/** What is overdue, what is due today, and what the coming days bring. */
export function AgendaView() {
  const now = useNow((now) => nextChange([], now));
  return (
    <>
      <ViewHeader title="Agenda" summary={shortDate(now, true)} />
      <NewTask dueAt={dueOn(now)} placeholder="Add a task for today" whyHidden={whyHidden} />
      <Sections />
    </>
  );
}

function whyHidden(_key: string, { dueAt }: Fields): string | undefined {
  const ahead = dueAt !== null && new Date(dueAt) < addDays(startOfDay(new Date()), days);
  if (!ahead) return "It is not on your agenda for the week.";
  // The server makes the agenda.
  return onlineManager.isOnline() ? undefined : "Your agenda shows it when you are back.";
}

function Sections() {
  const { queries } = useWorkspace();
  const queryClient = useQueryClient();
  const { data, error, refetch } = useQuery(queries.agenda({ timeZone, days }));
  const now = useNow((now) => nextChange(tasksOfAgenda(data), now));
  if (!data && error) {
    return (
      <ErrorState
        title="Your agenda could not be loaded."
        detail={reason(error)}
        action="Try again"
        onAction={() => void refetch()}
      />
    );
  }
  if (!data) return <TaskListSkeleton />;
  const tasks = tasksOfAgenda(data);
  const { overdue, days: ahead } = sectionsAt(data, now);
  return (
    <>
      <SelectionBar tasks={tasks} />
      <LostEditor keys={tasks.map((task) => itemKey(queryClient, task))} />
      {tasks.length === 0 && (
        <EmptyState title="The week is free." text="Give a task a due date, and it shows up here." />
      )}
      {overdue.length > 0 && <Section title="Overdue" tasks={overdue} />}
      {tasks.length > 0 && ahead.map((day) => <Day key={day.date} {...day} />)}
      <Beyond agenda={data} />
    </>
  );
}

function Day({ date, tasks }: { date: string; tasks: readonly Task[] }) {
  const [year = 0, month = 1, day = 1] = date.split("-").map(Number);
  const moment = new Date(year, month - 1, day);
  return <Section title={dayName(moment)} aside={shortDate(moment)} tasks={tasks} />;
}

interface SectionProps {
  title: string;
  aside?: string;
  tasks: readonly Task[];
}

/** One day, or what should have been done before. A free day is one line. */
function Section({ title, aside, tasks }: SectionProps) {
  const queryClient = useQueryClient();
  const free = tasks.length === 0;
  return (
    <section className={`agenda-section${aside ? "" : " is-late"}${free ? " is-free" : ""}`} aria-label={title}>
      <h2>
        {title} {aside && <span>{aside}</span>}
        {free && <span className="agenda-free">Free</span>}
      </h2>
      {!free && (
        <ul role="list" className="plain-list" aria-label={title}>
          {tasks.map((task) => (
            <li key={itemKey(queryClient, task)}>
              <TaskItem task={task} hideDay={Boolean(aside)} />
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

/** What the days do not show. */
function Beyond({ agenda: { later, undated } }: { agenda: Agenda }) {
  const parts = [later > 0 && `Later: ${later}`, undated > 0 && `No date: ${undated}`].filter(Boolean);
  return parts.length > 0 && <p className="list-end">{parts.join(" · ")}</p>;
}
