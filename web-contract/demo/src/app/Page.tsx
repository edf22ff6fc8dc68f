import { useEffect, useRef } from "react";
import { AgendaView } from "../agenda/AgendaView";
import { useWorkspace } from "../data/workspace";
import type { Edits } from "../editor/edits";
import { TasksView } from "../list/TasksView";
import { TrashView } from "../trash/TrashView";
import { loadRest } from "../ui/later";
import { narrow, useMedia, wide } from "../ui/media";
import { useStore } from "../ui/store";
import { useArrows } from "./arrows";
import { ConnectionBanner } from "./ConnectionBanner";
import { Drawer, Sidebar, Tabs, viewNames } from "./Navigation";
import { closePanel, panel } from "./panel";
import { useRoute } from "./route";
import { useScrollMemory } from "./scroll";
import { takeFocusWish, titleId, useShortcuts } from "./shortcuts";
import { ShortcutsDialog } from "./ShortcutsDialog";
import "./page.css";

interface Props {
  /** Whether the first answer has come, or failed to. */
  started: boolean;
  /** Whether the connection to the server is gone. */
  away: boolean;
}

/** The frame around the views. */
export function Page({ started, away }: Props) {
  const { view } = useRoute();
  const { undo, edits } = useWorkspace();
  const open = useStore(panel);
  const isWide = useMedia(wide);
  const isNarrow = useMedia(narrow);
  useShortcuts({ help: () => panel.set("keyboard"), undo: undo.undoLast });
  useArrows();
  useView(viewNames[view], edits);
  useScrollMemory(view);
  useEffect(() => {
    loadRest();
    return closePanel;
  }, []);

  return (
    <div className="page">
      {isWide && <Sidebar />}
      <div className="page-body">
        <ConnectionBanner away={away} />
        <main>
          {view === "tasks" && <TasksView started={started} />}
          {view === "agenda" && <AgendaView />}
          {view === "trash" && <TrashView />}
        </main>
      </div>
      {isNarrow && <Tabs />}
      {open === "menu" && !isWide && <Drawer />}
      {open === "keyboard" && <ShortcutsDialog onClose={closePanel} />}
    </div>
  );
}

/** Saves what is being edited when another view comes, and tells that it is there: the window, and who cannot see it. */
function useView(name: string, edits: Edits): void {
  const shown = useRef(name);
  useEffect(() => {
    document.title = `${name} · Tasklane`;
    if (shown.current === name) return;
    shown.current = name;
    edits.save(false);
    (takeFocusWish() ?? document.getElementById(titleId))?.focus({ preventScroll: true });
  }, [name, edits]);
}
