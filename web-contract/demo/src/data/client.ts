import { createClient } from "@tasklane/web-contract";
import { createMutations, createQueries } from "@tasklane/web-contract/react";

export const api = createClient();
export const queries = createQueries(api);
export const mutations = createMutations(api);

/** Whose days these are: the server counts from midnight to midnight here. */
export const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
