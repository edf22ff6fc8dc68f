import type { List } from "@tasklane/web-contract";
import { createStore } from "../ui/store";

/** The open dialog: the drawer with the views, the account, the settings, or the keyboard shortcuts. */
export const panel = createStore<"menu" | "account" | "settings" | "keyboard" | undefined>(undefined);

/** The dialog that adds a list, or edits one. Page renders it, because the sidebar and the drawer are replaced when the window's width changes. */
export const listDialog = createStore<{ list?: List } | undefined>(undefined);

export const closePanel = () => panel.set(undefined);
