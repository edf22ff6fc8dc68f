import { loadDragging } from "../drag/drag";
import { loadRecurrence } from "../task/recurrence";
import { lazy, Suspense, useState, type ComponentType } from "react";
import { loadPart } from "./load";

const loads: (() => unknown)[] = [];

/**
 * Makes a component whose code is not part of the page's first script. Most are loaded with the rest of the page, others
 * when they are first rendered. Once loaded, they render at once.
 */
export function later<Props extends object>(read: () => Promise<ComponentType<Props>>, withRest = true): ComponentType<Props> {
  let loaded: ComponentType<Props> | undefined;
  const load = async () => ({ default: (loaded = await loadPart(read)) });
  const Lazy = lazy(load);
  if (withRest) loads.push(load);
  return function Later(props) {
    const [Part] = useState(() => loaded ?? Lazy);
    return (
      <Suspense>
        <Part {...props} />
      </Suspense>
    );
  };
}

export const Popover = later(async () => (await import("./Popover")).Popover);
export const MoveDialog = later(async () => (await import("../lists/MoveDialog")).MoveDialog);
export const ListDialog = later(async () => (await import("../lists/ListDialog")).ListDialog);
export const SettingsDialog = later(async () => (await import("../settings/SettingsDialog")).SettingsDialog);
export const ZoneOffer = later(async () => (await import("../settings/ZoneOffer")).ZoneOffer);
export const TrashView = later(async () => (await import("../trash/TrashView")).TrashView);
export const Conflicts = later(async () => (await import("../editor/Conflicts")).Conflicts);
export const DueChoice = later(async () => (await import("../editor/DueChoice")).DueChoice);
export const RepeatChoice = later(async () => (await import("../editor/RepeatChoice")).RepeatChoice);
export const ShortcutsDialog = later(async () => (await import("../app/ShortcutsDialog")).ShortcutsDialog);
export const Dialog = later(async () => (await import("./Dialog")).Dialog);

/** Loads all of them after the page has rendered, so that they are available later, also offline. */
export function loadRest(): void {
  for (const load of loads) void load();
  void loadDragging();
  void loadRecurrence();
}
