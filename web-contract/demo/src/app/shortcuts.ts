import type { KeyboardEvent as ReactKeyboardEvent } from "react";
import { readItem, writeItem } from "../ui/storage";
import { createStore } from "../ui/store";
import { useWindowEvent } from "../ui/use-window-event";
import { goTo } from "./route";

export const newTaskFieldId = "new-task";
export const searchFieldId = "search";
export const selectButtonId = "select";
export const titleId = "title";

const storageKey = "tasklane.single-keys";

/** Whether single-letter shortcuts are on. People who dictate may want them off. */
export const singleKeys = createStore(readItem(storageKey) !== "off");

export function setSingleKeys(on: boolean): void {
  writeItem(storageKey, on ? "on" : "off");
  singleKeys.set(on);
}

/** Whether a key belongs to a text field or to a window over the page. */
function isTaken(event: KeyboardEvent | ReactKeyboardEvent): boolean {
  const target = event.target as HTMLElement;
  if (event.ctrlKey || event.metaKey || event.altKey) return true;
  return target.closest("input:not([type=checkbox]), textarea, select, [data-overlay]") !== null;
}

/** Moves the focus to the first of these fields that is on the page. */
export function focusField(...ids: string[]): void {
  const found = ids.map((id) => document.getElementById(id)).find((element) => element !== null);
  found?.focus();
}

let pendingFocus: string | undefined;

/** Opens the list if necessary, and moves the focus to one of its fields. */
function focusInTasks(id: string): void {
  if (document.getElementById(id)) return focusField(id);
  pendingFocus = id;
  goTo("tasks");
}

/** Returns the field to focus in the view that was just opened, once. */
export function takePendingFocus(): HTMLElement | null {
  const id = pendingFocus;
  pendingFocus = undefined;
  return id === undefined ? null : document.getElementById(id);
}

/** The keys that work everywhere on the page. */
export function useShortcuts({ help, undo }: { help: () => void; undo: () => void }): void {
  useSingleKeys({
    n: () => focusInTasks(newTaskFieldId),
    "/": () => focusInTasks(searchFieldId),
    "1": () => goTo("tasks"),
    "2": () => goTo("today"),
    "3": () => goTo("upcoming"),
    "4": () => goTo("trash"),
    "?": help,
    z: undo,
  });
}

/** Adds single-key shortcuts that work wherever the focus is. */
export function useSingleKeys(keys: Record<string, () => void>): void {
  useWindowEvent("keydown", (event) => runKey(keys, event));
}

/** Runs the shortcut of a key, unless the key has another use here. */
export function runKey(keys: Record<string, () => void>, event: KeyboardEvent | ReactKeyboardEvent): void {
  // A held key acts once, because the focus has moved to another task.
  if (!singleKeys.get() || event.defaultPrevented || event.repeat || isTaken(event)) return;
  const run = keys[event.key];
  if (!run) return;
  event.preventDefault();
  run();
}
