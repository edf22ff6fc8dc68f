export { isDraft } from "./edits.js";
export { goesStale } from "./invalidation.js";
export { taskKeys, type TaskFilters } from "./keys.js";
export type { TaskPages } from "./lists.js";
export { feedTasks, useLiveTasks, type LiveState, type LiveTasks } from "./live.js";
export { createMutations, type Mutations, type MutationSettings, type TaskWrite } from "./mutations.js";
export { createQueries, prefetchBootstrap, type Queries } from "./queries.js";
export { taskKey } from "./task-key.js";
