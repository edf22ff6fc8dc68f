import { createClient } from "@tasklane/web-contract";
import { createQueries } from "@tasklane/web-contract/react";

export const api = createClient();
export const queries = createQueries(api);

/** Whose days these are: the server counts from midnight to midnight here. */
export const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
