import { useEffect } from "react";
import { useWorkspace } from "../data/workspace";
import { editChanges } from "../editor/drafts";
import { useStore, useStorePart } from "../ui/store";

/** Makes the browser ask for confirmation before the window closes, while input would be lost. */
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
