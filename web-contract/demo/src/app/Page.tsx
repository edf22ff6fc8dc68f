import { memo, useEffect, useLayoutEffect, useRef } from "react";
import { TodayView } from "../days/TodayView";
import { UpcomingView } from "../days/UpcomingView";
import { useWorkspace } from "../data/workspace";
import { dragging } from "../drag/drag";
import type { Edits } from "../editor/edits";
import { TasksView } from "../list/TasksView";
import { GoneList } from "../lists/GoneList";
import { inbox, ListsContext, useLoadedLists } from "../lists/use-lists";
import { recurrence } from "../task/recurrence";
import { lazy, loadRest } from "../ui/lazy";
import { narrow, wide } from "../ui/media";
import { useStore } from "../ui/store";
import { useArrows } from "./arrows";
import { ConnectionBanner } from "./ConnectionBanner";
import { Sidebar, Tabs, viewNames } from "./Navigation";
import { closePanel, listDialog, panel } from "./panel";
import { useRoute } from "./route";
import { useScrollMemory } from "./scroll";
import { takePendingFocus, titleId, useShortcuts } from "./shortcuts";
import "./page.css";

const AccountDialog = lazy(async () => (await import("../account/AccountDialog")).AccountDialog, false);
const Conflicts = lazy(async () => (await import("../editor/Conflicts")).Conflicts);
const Drawer = lazy(async () => (await import("./Drawer")).Drawer);
const ListDialog = lazy(async () => (await import("../lists/ListDialog")).ListDialog);
const SettingsDialog = lazy(async () => (await import("../settings/SettingsDialog")).SettingsDialog);
const ShortcutsDialog = lazy(async () => (await import("./ShortcutsDialog")).ShortcutsDialog);
const TrashView = lazy(async () => (await import("../trash/TrashView")).TrashView);
const ZoneOffer = lazy(async () => (await import("../settings/ZoneOffer")).ZoneOffer);

interface Props {
  /** Whether the first response has arrived or failed. */
  started: boolean;
  /** Whether the connection to the server is lost. */
  away: boolean;
}

/** The frame around the views. */
export const Page = memo(function Page({ started, away }: Props) {
  const { path, view, list } = useRoute();
  const lists = useLoadedLists(started);
  const { find, loaded } = lists;
  const isGone = loaded && list !== undefined && list !== inbox && !find(list);
  const title = list === inbox ? "Inbox" : list ? (find(list)?.name ?? "List") : viewNames[view];
  const { undo, edits } = useWorkspace();
  const openPanel = useStore(panel);
  const openListDialog = useStore(listDialog);
  const isWide = useStore(wide);
  const isNarrow = useStore(narrow);
  useShortcuts({ help: () => panel.set("keyboard"), undo: undo.undoLast });
  useArrows();
  useView(path, title, edits);
  useScrollMemory(path);
  useEffect(() => {
    loadRest();
    void dragging.load();
    void recurrence.load();
    return () => {
      closePanel();
      listDialog.set(undefined);
    };
  }, []);

  return (
    <ListsContext value={lists}>
      <div className="page">
        {isWide && <Sidebar />}
        <div className="page-body">
          <main>
            {view === "tasks" && !isGone && <TasksView key={path} started={started} list={list} title={title} />}
            {isGone && <GoneList />}
            {view === "today" && <TodayView />}
            {view === "upcoming" && <UpcomingView />}
            {view === "trash" && <TrashView />}
          </main>
          <div className="banners">
            <ConnectionBanner away={away} />
            <ZoneOffer />
          </div>
        </div>
        {isNarrow && <Tabs />}
        {openPanel === "menu" && !isWide && <Drawer />}
        {openPanel === "account" && <AccountDialog onClose={closePanel} />}
        {openPanel === "settings" && <SettingsDialog onClose={closePanel} />}
        {openPanel === "keyboard" && <ShortcutsDialog onClose={closePanel} />}
        {openListDialog && <ListDialog list={openListDialog.list} onClose={() => listDialog.set(undefined)} />}
        <Conflicts />
      </div>
    </ListsContext>
  );
});

/** Sets the window's title. When another view opens, saves the current edit and moves the focus to the view's heading. */
function useView(path: string, name: string, edits: Edits): void {
  const lastPath = useRef(path);
  useEffect(() => {
    document.title = `${name} · Tasklane`;
  }, [name]);
  // Before the effects of the view, some of which move the focus to a task.
  useLayoutEffect(() => {
    if (lastPath.current === path) return;
    lastPath.current = path;
    edits.save(false);
    (takePendingFocus() ?? document.getElementById(titleId))?.focus({ preventScroll: true });
  }, [path, edits]);
}
