import { useIsMutating } from "@tanstack/react-query";
import { useEffect } from "react";
import { useWorkspace } from "../data/workspace";
import { editChanges } from "../editor/drafts";
import { useStorePart } from "../ui/store";

/** Asks before the window closes while something is not saved yet. */
export function useLeaveWarning(): void {
  const { drafts } = useWorkspace();
  const editing = useStorePart(drafts.edit, (edit) => edit !== undefined && Object.keys(editChanges(edit)).length > 0);
  const unsaved = useIsMutating() > 0 || editing;
  useEffect(() => {
    if (!unsaved) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", warn);
    return () => removeEventListener("beforeunload", warn);
  }, [unsaved]);
}
