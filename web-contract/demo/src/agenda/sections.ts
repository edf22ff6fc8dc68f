import { isOverdue, type Agenda, type Task } from "@tasklane/web-contract";
import { tasksOfAgenda } from "../task/lists";

/** Moves tasks between the sections as time passes, without asking the server again. */
export function sectionsAt(agenda: Agenda, now: Date): Pick<Agenda, "overdue" | "days"> {
  const isAhead = (task: Task) => !isOverdue(task, now);
  const [today, ...later] = agenda.days.map((day) => ({ ...day, tasks: day.tasks.filter(isAhead) }));
  today?.tasks.unshift(...agenda.overdue.filter(isAhead));
  return { overdue: tasksOfAgenda(agenda).filter((task) => !isAhead(task)), days: today ? [today, ...later] : [] };
}
