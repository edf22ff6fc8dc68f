import type { Task } from "@tasklane/web-contract";
import { TaskRow } from "./TaskRow";

interface Props {
  label: string;
  tasks: Task[];
  /** Titles of tasks that the server has not answered yet. */
  underWay?: string[];
  more: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown };
}

/** One list of tasks, as far as it was loaded, and a button for what lies further down. */
export function TaskList({ label, tasks, underWay = [], more }: Props) {
  return (
    <>
      <ul className="task-list" aria-label={label}>
        {underWay.map((title, index) => (
          <li key={`under way ${index}`} className="task-row under-way">
            <span className="task-title">{title}</span>
          </li>
        ))}
        {tasks.map((task) => (
          <TaskRow key={task.id} task={task} />
        ))}
      </ul>
      {more.hasNextPage && (
        <button
          type="button"
          className="button more"
          aria-disabled={more.isFetchingNextPage}
          onClick={() => more.fetchNextPage()}
        >
          {more.isFetchingNextPage ? "Loading…" : "Show more"}
        </button>
      )}
    </>
  );
}
