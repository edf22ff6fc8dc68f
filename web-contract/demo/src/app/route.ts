import { useSyncExternalStore } from "react";

export const views = ["tasks", "agenda", "trash"] as const;
export type View = (typeof views)[number];

/** Where in the page someone is: the part of its address after the #. It survives a reload and can be kept as a bookmark. */
export interface Route {
  view: View;
  /** What narrows the list, as the address writes it. Every view keeps it, for the way back to the list. */
  query: URLSearchParams;
}

let known: { hash: string; route: Route } | undefined;

function read(): Route {
  const { hash } = location;
  if (known?.hash === hash) return known.route;
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?");
  const view = views.find((name) => name === path) ?? "tasks";
  known = { hash, route: { view, query: new URLSearchParams(query) } };
  return known.route;
}

function subscribe(listener: () => void): () => void {
  addEventListener("hashchange", listener);
  return () => removeEventListener("hashchange", listener);
}

/** What narrows the list now. */
export const currentQuery = () => read().query;

export function useRoute(): Route {
  return useSyncExternalStore(subscribe, read);
}

export function addressOf(view: View, query = read().query): string {
  return `#/${view}${query.size > 0 ? `?${query}` : ""}`;
}

export function goTo(view: View): void {
  location.hash = addressOf(view);
}

/** Shows all tasks, the newest first. The back button leads to where it was. */
export function showNewest(): void {
  location.hash = addressOf("tasks", new URLSearchParams());
}

/** Narrows the list in another way, without a step for the back button. */
export function narrow(query: URLSearchParams): void {
  history.replaceState(null, "", addressOf(read().view, query));
  dispatchEvent(new HashChangeEvent("hashchange"));
}

/** Leaves nothing in the address of what the last user looked at. */
export function forget(): void {
  history.replaceState(null, "", addressOf("tasks", new URLSearchParams()));
  dispatchEvent(new HashChangeEvent("hashchange"));
}
