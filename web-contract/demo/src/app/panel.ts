import type { List } from "@tasklane/web-contract";
import { createStore } from "../ui/store";

/** The window over the page that is open: the views where they are not in sight, the account, the settings, or what the keys do. */
export const panel = createStore<"menu" | "account" | "settings" | "keyboard" | undefined>(undefined);

/** The dialog that adds a list, or edits one, over the page or the open menu. The page draws it, as the sidebar and the menu come and go with the window's width. */
export const listDialog = createStore<{ list?: List } | undefined>(undefined);

export const closePanel = () => panel.set(undefined);
