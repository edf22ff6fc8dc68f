import { useSyncExternalStore } from "react";
import { tabMap } from "../ui/storage";

export const views = ["tasks", "today", "upcoming", "trash"] as const;
export type View = (typeof views)[number];

/** The route of the page: the part of its address after the #. It survives a reload and can be bookmarked. */
interface Route {
  /** The view, as the address writes it. */
  path: string;
  view: View;
  /** The list whose tasks are shown: its id, or inbox for those in none; undefined for all. */
  list: string | undefined;
  /** The filters of the list, in the form of the address. */
  query: URLSearchParams;
}

/** The last filters of each view in this tab, for returning to it. */
const queries = tabMap<string>("tasklane.queries");

/** The path of a list's view. */
export const listPath = (id: string) => `list/${id}`;

let cached: { hash: string; route: Route } | undefined;

export function currentRoute(): Route {
  const { hash } = location;
  if (cached?.hash === hash) return cached.route;
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?");
  cached = { hash, route: { ...placeOf(path), query: new URLSearchParams(query) } };
  queries.set(cached.route.path, query);
  return cached.route;
}

function placeOf(path: string): Omit<Route, "query"> {
  const [first, id] = path.split("/");
  if (first === "inbox") return { path: first, view: "tasks", list: first };
  if (first === "list" && id) return { path, view: "tasks", list: id };
  const view = views.find((name) => name === first) ?? "tasks";
  return { path: view, view, list: undefined };
}

function subscribe(listener: () => void): () => void {
  addEventListener("hashchange", listener);
  return () => removeEventListener("hashchange", listener);
}

export function useRoute(): Route {
  return useSyncExternalStore(subscribe, currentRoute);
}

export function addressOf(path: string, query: string | URLSearchParams = queries.get(path) ?? ""): string {
  const text = String(query);
  return `#/${path}${text && `?${text}`}`;
}

export function goTo(path: string): void {
  location.hash = addressOf(path);
}

/** Opens the current list, or else the view of all tasks, without filters and with the newest tasks first. Returns its path. */
export function showNewest(): string {
  const { path, view, list } = currentRoute();
  const target = view === "tasks" ? path : "tasks";
  location.hash = addressOf(target, list === undefined ? "" : "sort=newest");
  return target;
}

/** Replaces the filters in the address, without a new entry in the history. */
export function replaceQuery(query: URLSearchParams): void {
  history.replaceState(null, "", addressOf(currentRoute().path, query));
  dispatchEvent(new HashChangeEvent("hashchange"));
}

/** Removes the last user's view and filters from the address and the tab. */
export function clearQueries(): void {
  queries.clear();
  history.replaceState(null, "", addressOf("tasks"));
  dispatchEvent(new HashChangeEvent("hashchange"));
}
