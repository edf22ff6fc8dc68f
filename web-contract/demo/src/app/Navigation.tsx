import type { ComponentType } from "react";
import { AccountMenu } from "../account/AccountMenu";
import { Dialog } from "../ui/later";
import { AgendaIcon, MenuIcon, TasksIcon, TrashIcon } from "../ui/icons";
import { Wordmark } from "../ui/Wordmark";
import { closePanel, panel } from "./panel";
import { addressOf, useRoute, views, type View } from "./route";
import "./navigation.css";

export const viewNames: Record<View, string> = { tasks: "Tasks", agenda: "Agenda", trash: "Trash" };
const icons: Record<View, ComponentType> = { tasks: TasksIcon, agenda: AgendaIcon, trash: TrashIcon };

/** The views beside the list, where there is room for them. */
export function Sidebar() {
  return (
    <header className="sidebar">
      <div className="sidebar-head">
        <Wordmark />
        <AccountMenu />
      </div>
      <Navigation />
    </header>
  );
}

/** The way to every view. */
export function Navigation() {
  return (
    <nav aria-label="Views">
      <ul role="list">
        {views.map((view) => (
          <li key={view}>
            <ViewLink view={view} className="nav-link" />
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** The same in a window at the side, where there is no room for it beside the list. */
export function Drawer() {
  return (
    <Dialog title="Menu" onClose={closePanel} isDrawer>
      <Navigation />
    </Dialog>
  );
}

/** The views that people change between most, at the foot of a small screen. */
export function Tabs() {
  return (
    <nav className="tabs" aria-label="Views">
      <ViewLink view="tasks" className="tab" />
      <ViewLink view="agenda" className="tab" />
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
  const { view: shown, query } = useRoute();
  const ViewIcon = icons[view];
  return (
    <a className={className} href={addressOf(view, query)} aria-current={view === shown ? "page" : undefined} onClick={closePanel}>
      <ViewIcon />
      <span className="nav-text">{viewNames[view]}</span>
    </a>
  );
}
