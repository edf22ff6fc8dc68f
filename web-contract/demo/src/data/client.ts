import { zoneOf } from "./zone";

/** Whose days these are: the server counts from midnight to midnight here. */
export const timeZone = zoneOf(Intl.DateTimeFormat().resolvedOptions().timeZone, new Date().getTimezoneOffset());
