import { createLoadable } from "../ui/load";

/** The code that computes the next due dates. */
export const recurrence = createLoadable(() => import("./occurrences"));
