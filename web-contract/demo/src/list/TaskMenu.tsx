import type { Task } from "@tasklane/web-contract";
import { dayBeside } from "../days/sections";
import { dayInSentence } from "../task/dates";
import { MoreIcon } from "../ui/icons";
import { PopoverButton } from "../ui/PopoverButton";
import "../ui/popover.css";
import type { TaskOrder } from "./task-order";

interface Props {
  task: Task;
  /** The order that the task is moved in; undefined where the rows have another one. */
  order: TaskOrder | undefined;
  /** Moves the task by a number of days; undefined where the rows are not in days. */
  onDay: ((days: number) => void) | undefined;
  /** Asks for the list to move the task to; undefined without lists. */
  onMove: (() => void) | undefined;
  onDelete: () => void;
}

/** What can be done with a task, without dragging it too. */
export function TaskMenu({ task, order, onDay, onMove, onDelete }: Props) {
  return (
    <PopoverButton
      className="button icon-only"
      label={`Options for “${task.title}”`}
      title="Options"
      align="end"
      control="menu"
      content={(close) => <Actions task={task} order={order} onDay={onDay} onMove={onMove} onDelete={onDelete} onDone={close} />}
    >
      <MoreIcon />
    </PopoverButton>
  );
}

interface Action {
  text: string;
  /** The key that does the same. */
  keys?: string;
  run: () => void;
}

function Actions({ task, order, onDay, onMove, onDelete, onDone }: Props & { onDone: () => void }) {
  const nest = order?.nest(task);
  const unnest = order?.unnest(task);
  const addBelow = order?.addBelow(task);
  const actions: Action[] = [
    ...(order && !order.isFirst(task)
      ? [
          { text: "Move up", keys: "Alt ↑", run: () => order.moveBy(task, -1) },
          { text: "Move to the top", run: () => order.toTop(task) },
        ]
      : []),
    ...(order && !order.isLast(task)
      ? [
          { text: "Move down", keys: "Alt ↓", run: () => order.moveBy(task, 1) },
          { text: "Move to the end", run: () => order.toEnd(task) },
        ]
      : []),
    ...(addBelow ? [{ text: "Add a sub-task", run: addBelow }] : []),
    ...(nest ? [{ text: "Make it a sub-task", keys: "Alt →", run: nest }] : []),
    ...(unnest ? [{ text: "Move out of its task", keys: "Alt ←", run: unnest }] : []),
    ...(onDay
      ? ([-1, 1] as const).flatMap((by) => {
          const day = dayBeside(task, by, new Date());
          return day ? [{ text: `Move to ${dayInSentence(day)}`, keys: by < 0 ? "Alt ↑" : "Alt ↓", run: () => onDay(by) }] : [];
        })
      : []),
    ...(onMove ? [{ text: "Move to list…", keys: "m", run: onMove }] : []),
    { text: "Delete", keys: "Delete", run: onDelete },
  ];
  return actions.map(({ text, keys, run }, index) => (
    <button
      key={text}
      type="button"
      className="option"
      autoFocus={index === 0}
      onClick={() => {
        onDone();
        run();
      }}
    >
      <span className="option-text">{text}</span>
      {keys && (
        <span className="option-aside option-keys" aria-hidden="true">
          {keys}
        </span>
      )}
    </button>
  ));
}
