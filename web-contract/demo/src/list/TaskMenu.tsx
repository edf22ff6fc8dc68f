import type { Task } from "@tasklane/web-contract";
import { dayBeside } from "../days/sections";
import { dayInSentence } from "../task/dates";
import { ActionMenu } from "../ui/ActionMenu";
import type { TaskOrder } from "./task-order";

interface Props {
  task: Task;
  /** The manual order, in which the task can be moved; undefined if the rows have another order. */
  order: TaskOrder | undefined;
  /** Moves the task by a number of days; undefined if the rows are not grouped by day. */
  onDay: ((days: number) => void) | undefined;
  /** Opens the dialog to move the task to a list; undefined without lists. */
  onMove: (() => void) | undefined;
  onDelete: () => void;
}

/** The actions on a task, including those that dragging does. */
export function TaskMenu({ task, order, onDay, onMove, onDelete }: Props) {
  const actions = () => {
    const [nest, unnest, addBelow] = [order?.nest(task), order?.unnest(task), order?.addBelow(task)];
    const days = ([-1, 1] as const).map((by) => {
      const day = onDay && dayBeside(task, by, new Date());
      return day && { text: `Move to ${dayInSentence(day)}`, keys: by < 0 ? "Alt ↑" : "Alt ↓", run: () => onDay(by) };
    });
    return [
      ...(order?.movesOf(task) ?? []),
      addBelow && { text: "Add a sub-task", run: addBelow },
      nest && { text: "Make it a sub-task", keys: "Alt →", run: nest },
      unnest && { text: "Move out of its task", keys: "Alt ←", run: unnest },
      ...days.map((day) => day || undefined),
      onMove && { text: "Move to list…", keys: "m", run: onMove },
      { text: "Delete", keys: "Delete", run: onDelete },
    ];
  };
  return <ActionMenu className="button icon-only" label={`Options for “${task.title}”`} title="Options" control="menu" actions={actions} />;
}
