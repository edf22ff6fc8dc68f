import { addressOf } from "../app/route";
import { ViewHeader } from "../app/ViewHeader";
import { EmptyState } from "../ui/EmptyState";

/** Shown in place of a list that was deleted. */
export function GoneList() {
  return (
    <>
      <ViewHeader title="List" summary={"\u00a0"} />
      <EmptyState title="This list is gone." text="If you deleted it, the trash keeps it for 30 days." />
      <p className="list-end">
        <a href={addressOf("trash")}>Open the trash</a>
      </p>
    </>
  );
}
