import type { List, Task } from "@tasklane/web-contract";
import { useRef } from "react";
import { useWorkspace } from "../data/workspace";
import { leaveRow } from "../list/focus";
import { Dot } from "../lists/Dot";
import { daysAgo } from "../task/dates";
import { RestoreIcon, TrashIcon } from "../ui/icons";

interface Props {
  item: Task | List;
  /** Called with the row to erase the item; lists cannot be erased. */
  onErase?: (row: HTMLElement) => void;
}

/** A task or a list in the trash, with buttons to restore and to erase it. */
export function TrashRow({ item, onErase }: Props) {
  const row = useRef<HTMLDivElement>(null);
  const { writes, listWrites } = useWorkspace();
  const isTask = "title" in item;
  const name = isTask ? item.title : item.name;

  function restore() {
    leaveRow(row.current);
    if (isTask) writes.restore(item);
    else listWrites.restore(item);
  }

  return (
    <div ref={row} className="trash-row">
      {!isTask && <Dot color={item.color} />}
      <p className="trash-text">
        <span className="task-title" dir="auto">{name}</span>
        <span className="task-meta">
          {isTask ? "Deleted" : "List, deleted"} {item.deletedAt && daysAgo(item.deletedAt)}
        </span>
      </p>
      <button
        type="button"
        className="button quiet"
        data-control="check"
        aria-label={`Restore ${isTask ? "" : "the list "}“${name}”`}
        onClick={restore}
      >
        <RestoreIcon />
        <span className="wide-only">Restore</span>
      </button>
      {onErase && (
        <button
          type="button"
          className="button icon-only"
          data-control="erase"
          aria-label={`Erase “${name}” permanently`}
          onClick={() => row.current && onErase(row.current)}
        >
          <TrashIcon />
        </button>
      )}
    </div>
  );
}
