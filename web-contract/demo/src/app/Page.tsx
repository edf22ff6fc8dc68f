import { useEffect, useRef, useState, type RefObject } from "react";
import { AccountMenu } from "../account/AccountMenu";
import { AgendaView } from "../agenda/AgendaView";
import { useWorkspace } from "../data/workspace";
import type { Edits } from "../editor/edits";
import { TasksView } from "../list/TasksView";
import { TrashView } from "../trash/TrashView";
import { Wordmark } from "../ui/Wordmark";
import { useArrows } from "./arrows";
import { ConnectionBanner } from "./ConnectionBanner";
import { addressOf, useRoute, views, type View } from "./route";
import { useScrollMemory } from "./scroll";
import { takeFocusWish, titleId, useShortcuts } from "./shortcuts";
import { ShortcutsDialog } from "./ShortcutsDialog";
import "./page.css";

const names: Record<View, string> = { tasks: "Tasks", agenda: "Agenda", trash: "Trash" };

interface Props {
  /** Whether the first answer has come, or failed to. */
  started: boolean;
  /** Whether the connection to the server is gone. */
  away: boolean;
}

/** The frame around the three views. */
export function Page({ started, away }: Props) {
  const { view, query } = useRoute();
  const [helping, setHelping] = useState(false);
  const { undo, edits } = useWorkspace();
  useShortcuts({ help: () => setHelping(true), undo: undo.undoLast });
  useArrows();
  const heading = useRef<HTMLHeadingElement>(null);
  useView(names[view], heading, edits);
  useScrollMemory(view);

  return (
    <div className="page">
      <header className="page-header">
        <Wordmark compact />
        <nav className="views" aria-label="Views">
          {views.map((name) => (
            <a key={name} href={addressOf(name, query)} aria-current={name === view ? "page" : undefined}>
              {names[name]}
            </a>
          ))}
        </nav>
        <AccountMenu onHelp={() => setHelping(true)} />
      </header>
      <ConnectionBanner away={away} />
      <main>
        <h1 ref={heading} id={titleId} className="page-title" tabIndex={-1}>
          {names[view]}
        </h1>
        {view === "tasks" && <TasksView started={started} />}
        {view === "agenda" && <AgendaView />}
        {view === "trash" && <TrashView />}
      </main>
      {helping && <ShortcutsDialog onClose={() => setHelping(false)} />}
    </div>
  );
}

/** Saves what is being edited when another view comes, and tells that it is there: the window, and who cannot see it. */
function useView(name: string, heading: RefObject<HTMLHeadingElement | null>, edits: Edits): void {
  const shown = useRef(name);
  useEffect(() => {
    document.title = `${name} · Tasklane`;
    if (shown.current === name) return;
    shown.current = name;
    edits.save(false);
    (takeFocusWish() ?? heading.current)?.focus({ preventScroll: true });
  }, [name, heading, edits]);
}
