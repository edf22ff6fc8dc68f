import { addressOf } from "../app/route";
import { ViewHeader } from "../app/ViewHeader";
import { EmptyState } from "../ui/EmptyState";

/** Shown in place of a list that was deleted. */
export function GoneList() {
  return (
    <>
      <ViewHeader title="List" summary={"\u00a0"} />
      <EmptyState
        title="This list is gone."
        text={
          <>
            If you deleted it, <a href={addressOf("trash")}>the trash</a> keeps it for 30 days.
          </>
        }
      />
    </>
  );
}
