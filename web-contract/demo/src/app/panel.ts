import { createStore } from "../ui/store";

/** The window over the page that is open: the views where they are not in sight, the account, the settings, or what the keys do. */
export const panel = createStore<"menu" | "account" | "settings" | "keyboard" | undefined>(undefined);

export const closePanel = () => panel.set(undefined);
