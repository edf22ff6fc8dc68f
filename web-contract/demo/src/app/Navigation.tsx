import { useRef, type ComponentType } from "react";
import { AccountMenu } from "../account/AccountMenu";
import { useDrag, useEdgeScroll } from "../drag/drag";
import { ListNav } from "../lists/ListNav";
import { NavCount } from "../lists/NavCount";
import { inbox, useListCounts, useLists } from "../lists/use-lists";
import { isTask, useTaskDrop } from "../lists/use-task-drop";
import { InboxIcon, MenuIcon, TasksIcon, TodayIcon, TrashIcon, UpcomingIcon } from "../ui/icons";
import { Wordmark } from "../ui/Wordmark";
import { closePanel, panel } from "./panel";
import { addressOf, useRoute, type View } from "./route";
import "./navigation.css";

export const viewNames: Record<View, string> = { tasks: "All tasks", today: "Today", upcoming: "Upcoming", trash: "Trash" };
const icons: Record<View, ComponentType> = { tasks: TasksIcon, today: TodayIcon, upcoming: UpcomingIcon, trash: TrashIcon };

/** The sidebar of large screens: the account and the links to all views. */
export function Sidebar() {
  const sidebar = useRef<HTMLElement>(null);
  useEdgeScroll(sidebar);
  return (
    <header ref={sidebar} className="sidebar">
      <div className="sidebar-head">
        <Wordmark />
        <AccountMenu />
      </div>
      <Navigation />
    </header>
  );
}

/** The links to all views and lists. */
export function Navigation() {
  const { active, archived } = useLists();
  return (
    <nav className="navigation" aria-label="Views">
      <ul role="list">
        {/* Without lists, the Inbox would show the same as all tasks. */}
        {active.length + archived.length > 0 && <InboxLink />}
        {(["today", "upcoming", "tasks"] as const).map((view) => (
          <li key={view}>
            <ViewLink view={view} className="nav-link" />
          </li>
        ))}
      </ul>
      <ListNav />
      <ViewLink view="trash" className="nav-link nav-trash" />
    </nav>
  );
}

/** The link to the tasks in no list. */
function InboxLink() {
  const row = useRef<HTMLLIElement>(null);
  const { path } = useRoute();
  const open = useListCounts()(inbox);
  const onDrop = useTaskDrop(undefined);
  useDrag(row, { item: undefined, accepts: (item) => (isTask(item) ? { inside: 0 } : {}), onDrop });
  return (
    <li ref={row}>
      <a className="nav-link" href={addressOf(inbox)} aria-current={path === inbox ? "page" : undefined} onClick={closePanel}>
        <InboxIcon />
        <span className="nav-text">Inbox</span>
        <NavCount open={open} />
      </a>
    </li>
  );
}

/** The tab bar of small screens, with the views that people use most. */
export function Tabs() {
  return (
    <nav className="tabs" aria-label="Views">
      <ViewLink view="today" className="tab" />
      <ViewLink view="upcoming" className="tab" />
      <ViewLink view="tasks" className="tab" />
      <MenuButton className="tab" />
    </nav>
  );
}

/** Opens the drawer. */
export function MenuButton({ className }: { className: string }) {
  return (
    <button type="button" className={className} aria-haspopup="dialog" onClick={() => panel.set("menu")}>
      <MenuIcon />
      <span className="nav-text">Menu</span>
    </button>
  );
}

function ViewLink({ view, className }: { view: View; className: string }) {
  const { path } = useRoute();
  const ViewIcon = icons[view];
  return (
    <a className={className} href={addressOf(view)} aria-current={view === path ? "page" : undefined} onClick={closePanel}>
      <ViewIcon />
      <span className="nav-text">{viewNames[view]}</span>
    </a>
  );
}
