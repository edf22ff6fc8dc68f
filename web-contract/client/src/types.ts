import type { components, operations } from "./generated/bff.js";

type Schemas = components["schemas"];

/** The body of every failure: an RFC 9457 problem document in the envelope. */
export type Problem = Schemas["Problem"];

/** The stable name of a failure's reason. Later servers may send codes that are not listed here. */
export type ErrorCode = Problem["code"];

/** A part of a request, and the rule that it breaks. */
export type FieldError = Schemas["FieldError"];

export type Task = Schemas["Task"];

/** The signed-in user, and when the session ends (RFC 3339). */
export type Session = Schemas["Session"];

export type CreateTaskRequest = Schemas["CreateTaskRequest"];

/** The whole task as it should be: a field left out takes its default. */
export type ReplaceTaskRequest = Schemas["ReplaceTaskRequest"];

/** A merge patch: a field left out keeps its value; `dueAt: null` removes the deadline. */
export type UpdateTaskRequest = Schemas["UpdateTaskRequest"];

/** A resource of any kind; `kind` tells which. */
export type Resource = Schemas["Resource"];

/** One operation of a batch, on a resource of any kind. */
export type BatchOperation = Schemas["BatchItem"];

/** A resource as it is now, or null if it was erased. `seq` rises with every change. */
export type Change = Schemas["Change"];

/** The numbers of tasks by state, priority and tag. */
export type Stats = Schemas["Stats"];

/** Everything that a page needs at its start. A part that failed is null, and named in `failures`. */
export type Bootstrap = Schemas["Bootstrap"];

/** The open tasks by the day they are due, in the caller's time zone. */
export type Agenda = Schemas["Agenda"];

type Query<Op extends keyof operations> = NonNullable<operations[Op]["parameters"]["query"]>;
type Options<Op extends keyof operations> = { [Name in keyof Query<Op>]?: Query<Op>[Name] | undefined };

/** The filters and the page of a list; undefined does not filter. */
export type ListTasksOptions = Options<"listTasks">;
export type StatsOptions = Options<"getTaskStats">;
export type AgendaOptions = Options<"getAgenda">;
export type ListChangesOptions = Options<"listChanges">;

/** One page of a list. */
export type Page<Item> = { items: Item[] } & Schemas["ListMeta"];

export type TaskPage = Page<Task>;

/** Some changes, in order. */
export type ChangePage = { changes: Change[] } & Schemas["ChangesMeta"];
