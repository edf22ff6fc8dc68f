import type * as schemas from "./generated/bff.js";

type Schemas = schemas.components["schemas"];

/** The body of every failure: an RFC 9457 problem document in the envelope. */
export interface Problem extends schemas.Problem {}

/** The stable name of an error's reason. Newer servers may send other codes. */
export type ErrorCode = Problem["code"];

/** A part of a request, and the rule that it breaks. */
export interface FieldError extends schemas.FieldError {}

/** A task of the user. */
export interface Task extends schemas.Task {}

/** A list of the user. */
export interface List extends schemas.List {}

/** The signed-in user, and when the session ends (RFC 3339). */
export interface Session extends schemas.Session {}

/** A new task: a field left out takes its default. */
export interface CreateTaskRequest extends schemas.CreateTaskRequest {}

/** The whole task as it should be: a field left out takes its default. */
export interface ReplaceTaskRequest extends schemas.ReplaceTaskRequest {}

/** A merge patch: a field left out keeps its value; `dueAt: null` or `dueOn: null` removes the deadline. */
export interface UpdateTaskRequest extends schemas.UpdateTaskRequest {}

/** A place: `after` or `before` a task of the manual order, null for an end, and a `listId` or `parentId`. */
export interface MoveTaskRequest extends schemas.MoveTaskRequest {}
/** A place in the manual order of the lists: `after` or `before` one, null for an end. */
export interface MoveListRequest extends schemas.MoveListRequest {}

/** The user's settings. */
export interface Settings extends schemas.Settings {}

/** The settings to change: one left out keeps its value. */
export interface UpdateSettingsRequest extends schemas.UpdateSettingsRequest {}

/** A new list: a field left out takes its default. */
export interface CreateListRequest extends schemas.CreateListRequest {}

/** The whole list as it should be: a field left out takes its default. */
export interface ReplaceListRequest extends schemas.ReplaceListRequest {}

/** A merge patch: a field left out keeps its value; `color: null` removes the color. */
export interface UpdateListRequest extends schemas.UpdateListRequest {}

/** A resource with the name of its kind. */
export type Resource = Schemas["Resource"];

/** One operation of a batch, on a resource of any kind. */
export type BatchOperation = Schemas["BatchItem"];

/** A resource as it is now, or null if it was erased. `seq` rises with every change. */
export type Change = Schemas["Change"];

/** The numbers of tasks by state, priority, tag and list. */
export interface Stats extends schemas.Stats {}

/** The data for the start of a page. A part that failed is null, and named in `failures`. */
export interface Bootstrap extends schemas.Bootstrap {}

/** The open tasks by the day they are due in a time zone, and when they will be due again. */
export interface Agenda extends schemas.Agenda {}

/** A due date: a time, or a day, of which dueAt is the last second. */
export interface Occurrence extends schemas.Occurrence {}

/** A time at which a recurring task of an agenda will be due again. */
export interface AgendaOccurrence extends schemas.AgendaOccurrence {}

type Query<Op extends keyof schemas.operations> = NonNullable<schemas.operations[Op]["parameters"]["query"]>;
type Options<Op extends keyof schemas.operations> = { [Name in keyof Query<Op>]?: Query<Op>[Name] | undefined };

/** The filters and the page of `listTasks`; undefined does not filter. */
export interface ListTasksOptions extends Options<"listTasks"> {}
/** The filters and the page of `listLists`; undefined does not filter. */
export interface ListListsOptions extends Options<"listLists"> {}
/** The time zone of today; that of the settings by default. */
export interface StatsOptions extends Options<"getTaskStats"> {}
/** The maximum number of due dates. */
export interface OccurrencesOptions extends Options<"listTaskOccurrences"> {}
/** The time zone and the number of days of an agenda. */
export interface AgendaOptions extends Options<"getAgenda"> {}
/** The number or cursor after which to list changes, and the maximum number of changes. */
export interface ListChangesOptions extends Options<"listChanges"> {}

/** One page of a list. */
export interface Page<Item> extends schemas.ListMeta {
  items: Item[];
}

export type TaskPage = Page<Task>;
export type ListPage = Page<List>;

/** Some changes, in order. */
export interface ChangePage extends schemas.ChangesMeta {
  changes: Change[];
}
