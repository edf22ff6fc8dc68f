import { createClient } from "@tasklane/web-contract";
import { createQueries } from "@tasklane/web-contract/react";
import { zoneOf } from "./zone";

export const api = createClient();
export const queries = createQueries(api);

/** Whose days these are: the server counts from midnight to midnight here. */
export const timeZone = zoneOf(Intl.DateTimeFormat().resolvedOptions().timeZone, new Date().getTimezoneOffset());
