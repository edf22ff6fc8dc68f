import { useQuery, useQueryClient } from "@tanstack/react-query";
import type { Agenda, Task } from "@tasklane/web-contract";
import { taskKey } from "@tasklane/web-contract/react";
import { queries, timeZone } from "../data/client";
import { reason } from "../data/messages";
import { LostEditor } from "../editor/LostEditor";
import { NewTask } from "../editor/NewTask";
import { TaskItem } from "../list/TaskItem";
import { TaskListSkeleton } from "../list/TaskListSkeleton";
import { SelectionBar } from "../select/SelectionBar";
import { addDays, dayName, dueOn, shortDate, startOfDay } from "../task/dates";
import { tasksOfAgenda } from "../task/lists";
import { EmptyState } from "../ui/EmptyState";
import { ErrorState } from "../ui/ErrorState";
import "../list/list.css";
import "./agenda.css";

const days = 7;

/** What is overdue, what is due today, and what the coming days bring. */
export function AgendaView() {
  return (
    <>
      <p className="page-summary">{shortDate(new Date(), true)}</p>
      <NewTask dueAt={dueOn(startOfDay(new Date()))} placeholder="Add a task for today" />
      <Sections />
    </>
  );
}

function Sections() {
  const queryClient = useQueryClient();
  const { data, error, refetch } = useQuery(queries.agenda({ timeZone, days }));
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
  return (
    <>
      <SelectionBar tasks={tasks} />
      <LostEditor keys={tasks.map((task) => taskKey(queryClient, task))} />
      {tasks.length === 0 && (
        <EmptyState title="The week is free." text="Give a task a due date, and it shows up here." />
      )}
      {data.overdue.length > 0 && <Section title="Overdue" tasks={data.overdue} />}
      {tasks.length > 0 && data.days.map((day) => <Day key={day.date} {...day} />)}
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
            <li key={taskKey(queryClient, task)}>
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
  const from = shortDate(addDays(startOfDay(new Date()), days));
  const parts = [later > 0 && `${later} due from ${from}`, undated > 0 && `${undated} without a date`].filter(Boolean);
  if (parts.length === 0) return null;
  return <p className="list-end">Also on your list: {parts.join(", ")}.</p>;
}
