import type { Task } from "@tasklane/web-contract";
import { timeName, type Due } from "../task/dates";
import { RepeatIcon } from "../ui/icons";

/** A due date that a recurring task will have once it is completed. */
export interface Ghost {
  task: Task;
  due: Due;
}

/** The future occurrences of recurring tasks on a day. They are not tasks yet, so they cannot be completed. */
export function Ghosts({ label, ghosts }: { label: string; ghosts: readonly Ghost[] }) {
  return (
    <ul className="ghosts" role="list" aria-label={`Repeated, ${label}`}>
      {ghosts.map(({ task, due }) => (
        <li key={`${task.id} ${due.dueAt}`}>
          <RepeatIcon />
          <span dir="auto">{task.title}</span>
          <small>{timeName(due)}</small>
        </li>
      ))}
    </ul>
  );
}
