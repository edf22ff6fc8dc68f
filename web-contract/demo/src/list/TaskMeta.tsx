import { isOverdue, type Task } from "@tasklane/web-contract";
import { Dot } from "../lists/Dot";
import { useLists } from "../lists/use-lists";
import { dayOf, dueName, timeName } from "../task/dates";
import { repeatName } from "../task/repeat";
import { priorityNames } from "../task/priorities";
import { CalendarIcon, NotesIcon, PriorityIcon, RepeatIcon } from "../ui/icons";
import { ParentName } from "./ParentName";
import { SubtaskCount } from "./SubtaskCount";
import { useNow } from "../ui/clock";

interface Props {
  id: string;
  task: Task;
  /** Whether to show only the time of day of the due date. */
  hideDay: boolean;
  /** Whether to hide the list. */
  hideList: boolean;
  /** Whether to hide the parent. */
  hideParent: boolean;
  /** How many of the loaded sub-tasks are completed, how many there are, and whether some may not be loaded. */
  done?: number;
  all?: number;
  isPart?: boolean;
}

/** The other properties of a task, in one line, which is usually empty. */
export function TaskMeta({ id, task, hideDay, hideList, hideParent, done = 0, all = 0, isPart = false }: Props) {
  const { priority, tags, description, recurrence, recurrenceFrom } = task;
  const parentId = hideParent ? null : task.parentId;
  // Without an argument, because the view renders again when one of its tasks becomes overdue.
  const now = useNow();
  const overdue = isOverdue(task, now);
  const due = hideDay ? timeName(task) : dueName(task, now);
  const list = useLists().find(hideList ? null : task.listId);
  const repeats = recurrence !== null && (repeatName(recurrence, recurrenceFrom, dayOf(task)) ?? "Repeats");
  if (!due && !repeats && !list && !parentId && all === 0 && priority === "none" && tags.length === 0 && !description) return <span id={id} hidden />;
  return (
    <span id={id} className="task-meta">
      {list && (
        <span className="meta-item" dir="auto">
          <Dot color={list.color} />
          {list.name}
        </span>
      )}
      {parentId && <ParentName id={parentId} />}
      {all > 0 && <SubtaskCount parentId={task.id} done={done} all={all} isPart={isPart} />}
      {due && (
        <span className={overdue ? "meta-item is-overdue" : "meta-item"}>
          <CalendarIcon />
          {overdue && <span className="visually-hidden">Overdue: </span>}
          {due}
        </span>
      )}
      {repeats && (
        <span className="meta-item">
          <RepeatIcon />
          {repeats}
        </span>
      )}
      {priority !== "none" && (
        <span className={priority === "urgent" ? "meta-item is-urgent" : "meta-item"}>
          <PriorityIcon priority={priority} />
          {priorityNames[priority]}
        </span>
      )}
      {tags.map((tag) => (
        <span key={tag} className="meta-item" dir="auto">
          #{tag}
        </span>
      ))}
      {description && (
        <span className="meta-item">
          <NotesIcon />
          <span className="visually-hidden">Has notes</span>
        </span>
      )}
    </span>
  );
}
