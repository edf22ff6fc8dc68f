import { createStore } from "../ui/store";

/** The window over the page that is open: the views where they are not in sight, or what the keys do. */
export const panel = createStore<"menu" | "keyboard" | undefined>(undefined);

export const closePanel = () => panel.set(undefined);
