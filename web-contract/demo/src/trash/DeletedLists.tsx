import type { List } from "@tasklane/web-contract";
import { TrashRow } from "./TrashRow";

/** The lists in the trash. Restoring one restores the tasks that were deleted with it. */
export function DeletedLists({ lists }: { lists: readonly List[] }) {
  if (lists.length === 0) return null;
  return (
    <ul role="list" className="plain-list" aria-label="Deleted lists">
      {lists.map((list) => (
        <li key={list.id}>
          <TrashRow item={list} />
        </li>
      ))}
    </ul>
  );
}
