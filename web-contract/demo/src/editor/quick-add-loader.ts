import { createLoadable } from "../ui/load";

/** The parser of quick add. Until it is loaded, titles are not parsed. */
export const quickAdd = createLoadable(() => import("./quick-add"));
