import { createStore } from "../ui/store";

/** The window over the page that is open: the views where they are not in sight, the settings, or what the keys do. */
export const panel = createStore<"menu" | "settings" | "keyboard" | undefined>(undefined);

export const closePanel = () => panel.set(undefined);
