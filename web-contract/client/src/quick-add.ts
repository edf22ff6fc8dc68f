export { parseQuickAdd, type Part, type QuickAdd, type QuickAddOptions } from "./quick-add/parse.js";
