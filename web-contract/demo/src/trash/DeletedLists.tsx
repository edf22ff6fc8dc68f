import type { List } from "@tasklane/web-contract";
import { useRef } from "react";
import { useWorkspace } from "../data/workspace";
import { leaveRow } from "../list/focus";
import { daysAgo } from "../task/dates";
import { RestoreIcon } from "../ui/icons";
import "../lists/lists.css";

/** The lists in the trash. Restoring one restores the tasks that were deleted with it. */
export function DeletedLists({ lists }: { lists: readonly List[] }) {
  if (lists.length === 0) return null;
  return (
    <ul role="list" className="plain-list" aria-label="Deleted lists">
      {lists.map((list) => (
        <li key={list.id}>
          <DeletedList list={list} />
        </li>
      ))}
    </ul>
  );
}

function DeletedList({ list }: { list: List }) {
  const row = useRef<HTMLDivElement>(null);
  const { listWrites } = useWorkspace();

  function restore() {
    if (row.current) leaveRow(row.current);
    listWrites.restore(list);
  }

  return (
    <div ref={row} className="trash-row">
      <span className="dot" data-color={list.color ?? undefined} />
      <p className="trash-text">
        <span className="task-title" dir="auto">{list.name}</span>
        <span className="task-meta">List, deleted {list.deletedAt && daysAgo(list.deletedAt)}</span>
      </p>
      <button
        type="button"
        className="button quiet"
        data-control="check"
        aria-label={`Restore the list “${list.name}”`}
        onClick={restore}
      >
        <RestoreIcon />
        <span className="wide-only">Restore</span>
      </button>
    </div>
  );
}
