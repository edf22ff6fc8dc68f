import { useEffect } from "react";
import { useWorkspace } from "../data/workspace";
import { editChanges } from "../editor/drafts";
import { useStore, useStorePart } from "../ui/store";

/** Asks before the window closes while something would be lost by it. */
export function useLeaveWarning(): void {
  const { drafts, outbox } = useWorkspace();
  const editing = useStorePart(drafts.edit, (edit) => edit !== undefined && Object.keys(editChanges(edit)).length > 0);
  const unsaved = useStore(outbox.unstored).size > 0 || editing;
  useEffect(() => {
    if (!unsaved) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", warn);
    return () => removeEventListener("beforeunload", warn);
  }, [unsaved]);
}
