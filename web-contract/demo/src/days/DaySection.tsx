import { useQueryClient } from "@tanstack/react-query";
import type { Task } from "@tasklane/web-contract";
import { cachedItem } from "@tasklane/web-contract/react";
import { useRef, type ReactNode } from "react";
import { useWorkspace } from "../data/workspace";
import { useDrag } from "../drag/drag";
import { TaskItem } from "../list/TaskItem";
import { TaskList } from "../list/TaskList";
import { dayInSentence } from "../task/dates";
import { Ghosts, type Ghost } from "./Ghosts";
import { onDay } from "./sections";
import "../list/list.css";
import "./days.css";

interface Props {
  title: string;
  /** The accessible name of the section and its lists, if the title is ambiguous. */
  label?: string;
  /** The text beside the title: the date. */
  aside?: string;
  /** The date, to which dropped tasks are rescheduled; undefined for the overdue tasks, where none can be dropped. */
  day?: string;
  tasks: readonly Task[];
  ghosts?: readonly Ghost[];
  /** Buttons that act on all of its tasks. */
  children?: ReactNode;
}

/** One day, or the overdue tasks. A day without tasks takes one line. */
export function DaySection({ title, label = title, aside, day, tasks, ghosts = [], children }: Props) {
  const section = useRef<HTMLElement>(null);
  const { writes } = useWorkspace();
  const queryClient = useQueryClient();
  const free = tasks.length + ghosts.length === 0;

  useDrag(section, {
    item: undefined,
    accepts: ({ kind, id }) => (day && kind === "task" && !tasks.some((task) => task.id === id) ? { inside: 0 } : {}),
    onDrop({ id }) {
      const task = cachedItem(queryClient, { id } as Task);
      // A task that is no longer in the cache has no version.
      if (day && task.version > 0) writes.reschedule([task], (task) => onDay(task, day), dayInSentence(day));
    },
  });

  return (
    <section ref={section} className={`day-section${day ? "" : " is-late"}${free ? " is-free" : ""}`} aria-label={label}>
      <div className="day-head">
        <h2>
          {title} {aside && <span>{aside}</span>}
        </h2>
        {free && <span className="day-free">Free</span>}
        {children}
      </div>
      {tasks.length > 0 && (
        <TaskList label={label} tasks={tasks}>
          {(task) => <TaskItem task={task} hideDay={day !== undefined} />}
        </TaskList>
      )}
      {ghosts.length > 0 && <Ghosts label={label} ghosts={ghosts} />}
    </section>
  );
}
