import { useQuery, useQueryClient } from "@tanstack/react-query";
import { isOverdue, type Agenda, type Task } from "@tasklane/web-contract";
import { itemKey } from "@tasklane/web-contract/react";
import { queries, timeZone } from "../data/client";
import { reason } from "../data/messages";
import { LostEditor } from "../editor/LostEditor";
import { NewTask } from "../editor/NewTask";
import { TaskItem } from "../list/TaskItem";
import { TaskListSkeleton } from "../list/TaskListSkeleton";
import { SelectionBar } from "../select/SelectionBar";
import { dayName, dueOn, shortDate, startOfDay } from "../task/dates";
import { tasksOfAgenda } from "../task/lists";
import { EmptyState } from "../ui/EmptyState";
import { ErrorState } from "../ui/ErrorState";
import { useNow } from "../ui/lasting";
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
  const now = useNow();
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
  const { overdue, days: ahead } = bySection(data, now);
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

/** Moves tasks between the sections as time passes, without asking the server again. */
function bySection(agenda: Agenda, now: Date): Pick<Agenda, "overdue" | "days"> {
  const isAhead = (task: Task) => !isOverdue(task, now);
  const [today, ...later] = agenda.days.map((day) => ({ ...day, tasks: day.tasks.filter(isAhead) }));
  today?.tasks.unshift(...agenda.overdue.filter(isAhead));
  return { overdue: tasksOfAgenda(agenda).filter((task) => !isAhead(task)), days: today ? [today, ...later] : [] };
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
