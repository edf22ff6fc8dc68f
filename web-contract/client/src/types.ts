import type { operations } from "./generated/bff.js";

type Operation = keyof operations;
type Responses<Op extends Operation> = operations[Op]["responses"];

/** The body of an operation's successful answer: the envelope with its data. */
export type Answer<Op extends Operation> = Responses<Op>[keyof Responses<Op> & (200 | 201)] extends {
  content: { "application/json": infer Body };
}
  ? Body
  : never;

type RequestBody<Op extends Operation> = operations[Op] extends {
  requestBody: { content: { "application/json": infer Body } };
}
  ? Body
  : never;

/** The body of every failure: an RFC 9457 problem document in the envelope. */
export type Problem = Responses<"getTask">[404]["content"]["application/problem+json"];

/** The stable name of a failure's reason. The catalogue stands in the contract. */
export type ErrorCode = Problem["code"];

/** Which part of a request breaks which rule. */
export type FieldError = NonNullable<Problem["errors"]>[number];

/** One entry of the signed-in user's list. */
export type Task = Answer<"getTask">["data"];

/** Who is signed in, and until when (RFC 3339). */
export type Session = Answer<"getSession">["data"];

export type CreateTaskRequest = RequestBody<"createTask">;

/** The whole task as it is to be: a field left out takes its default. */
export type ReplaceTaskRequest = RequestBody<"replaceTask">;

/** A merge patch: a field left out keeps its value; `dueAt: null` removes the deadline. */
export type UpdateTaskRequest = RequestBody<"updateTask">;

/** The operations of a batch, of which all are carried out or none. */
export type BatchOperation = RequestBody<"batchTasks">["operations"][number];

/** Something that happened to a task. Numbers only rise. */
export type Change = Answer<"listChanges">["data"][number];

/** How many tasks there are, by state, priority and tag. */
export type Stats = Answer<"taskStats">["data"];

/** All that a page needs at its start. A part that failed is null, and named in `failures`. */
export type Bootstrap = Answer<"bootstrap">["data"];

/** The open tasks by the day they are due, in the caller's time zone. */
export type Agenda = Answer<"agenda">["data"];

type Query<Op extends Operation> = NonNullable<operations[Op]["parameters"]["query"]>;

type Options<Op extends Operation> = { [Name in keyof Query<Op>]?: Query<Op>[Name] | undefined };

/** The filters and the page of a list; undefined does not filter. */
export type ListTasksOptions = Options<"listTasks">;

/** Whose today it is. */
export type StatsOptions = Options<"taskStats">;

/** Whose days they are, and how many. */
export type AgendaOptions = Options<"agenda">;

export type ListChangesOptions = Options<"listChanges">;

/** One page of a list. */
export interface TaskPage {
  tasks: Task[];
  /** The next page's `cursor`; null on the last page. */
  nextCursor: string | null;
  /** The user's change number at the time of the list. */
  changes: number;
}

/** Some changes, in order. */
export interface ChangePage {
  changes: Change[];
  /** The number to continue after. */
  nextCursor: number;
  /** Whether there are more changes already. */
  hasMore: boolean;
}
