import type { BatchOperation, List, Task, UpdateTaskRequest } from "@tasklane/web-contract";
import { cachedItem, draftId } from "@tasklane/web-contract/react";
import { parentsFirst, topmost, withOpenBelow } from "./below";
import type { Drafts } from "../editor/drafts";
import type { Fields } from "../task/fields";
import { dueName, type Due } from "../task/dates";
import { recurrence } from "../task/recurrence";
import { createCommonWrites, createPersisted, named, type Named, type Parts } from "./persisted";
import { counted, faultOf, listName, nameOf, quoted, reason } from "./messages";

/** The maximum number of operations in a batch. That many fit even if each task is as large as possible. */
const batchSize = 15;

export type Writes = ReturnType<typeof createWrites>;

/**
 * The writes to tasks, except for edits. A write is shown at once. A permanent failure
 * is rolled back and reported in a notice, with a button to retry.
 */
export function createWrites({ drafts, ...parts }: Parts & { drafts: Drafts }) {
  const { queryClient, sender, outbox, notices, undo } = parts;
  const { mutations, retrying, send, saved } = sender;
  const persisted = createPersisted(parts);
  const { moveTask: move, deleteTask: remove, restoreTask: restore } = mutations;
  const common = createCommonWrites(parts, "", { move, remove, restore });
  const { change, ...bulk } = createBulkWrites(parts);

  const sendCreated = outbox.persisted("create", (key, fields: Fields) => {
    const created = send(mutations.createTask(retrying(key)), { ...fields, title: fields.title.trim() });
    void created.then(({ id }) => outbox.rename(draftId(key), id)).catch(() => {});
    return saved(created, (error) => {
      const fault = faultOf(error);
      const message = fault?.message ?? `${quoted(fields.title)} was not added. ${reason(error)}`;
      if (drafts.newTask.get().fields.title === "") drafts.newTask.set({ fields, fault: fault ?? { field: "title", message } });
      else notices.show({ message, failure: true, action: { label: "Try again", run: () => create(fields) } });
    });
  });

  const sendCompleted = persisted(
    "complete",
    mutations.completeTask,
    ({ id }: Named, completed: boolean) => ({ id, completed }),
    (task) => `${nameOf(task)} was not saved.`,
  );
  const sendErased = persisted("erase", mutations.eraseTask, ({ id }: Named) => ({ id }), (task) => `${nameOf(task)} was not erased.`, true);

  /** Adds a task, and returns the id of its draft. */
  function create(fields: Fields): string {
    notices.announce(`${quoted(fields.title.trim())} is on the list.`);
    return draftId(sendCreated(fields).key);
  }

  function complete(task: Task, completed = !task.completed): void {
    const title = quoted(task.title);
    // Completing a task completes its sub-tasks, so an undo must reopen them too.
    const all = completed ? withOpenBelow(queryClient, [task]) : [task];
    const openAll = () => change(all, () => ({ completed: false }), `${title} could not be saved.`);
    const next = completed ? recurrence.get()?.nextDue(cachedItem(queryClient, task), new Date()) : undefined;
    const { saved: done } = sendCompleted(named(task), completed);
    const name = `${completed ? "completing" : "reopening"} ${title}`;
    const message = completed ? `${title} is completed.${next ? ` Next: ${dueName(next)}.` : ""}` : `${title} is open again.`;
    const run = () => void (all.length > 1 ? openAll() : sendCompleted(named(task), !completed));
    undo.offer(message, { name, run }, done);
  }

  function erase(task: Task): void {
    notices.announce(`${quoted(task.title)} is erased.`);
    sendErased(named(task));
  }

  return { ...common, ...bulk, create, complete, erase };
}

type Changes = (task: Task) => UpdateTaskRequest;

/** The writes to several tasks. Each can be undone in one step. */
function createBulkWrites(parts: Parts) {
  const { queryClient, sender, notices, undo } = parts;
  const sendBatch = createPersisted(parts)("batch", sender.mutations.batch, (operations: BatchOperation[], _failure: string) => operations, (_, failure) => failure);

  /** Sends an operation for each task, in as few batches as possible; resolves to whether any of them was saved. */
  async function send(tasks: readonly Task[], operationOn: (task: Task) => BatchOperation, failure: string): Promise<boolean> {
    const operations = tasks.map(operationOn);
    const batches: Promise<boolean>[] = [];
    for (let from = 0; from < operations.length; from += batchSize) {
      batches.push(sendBatch(operations.slice(from, from + batchSize), failure).saved);
    }
    return (await Promise.all(batches)).includes(true);
  }

  const change = (tasks: readonly Task[], changesOf: Changes, failure: string) =>
    send(tasks, (task) => ({ op: "update", kind: "task", id: task.id, changes: changesOf(task) }), failure);

  /** Puts tasks into a list; undefined is the Inbox. */
  function putIn(all: readonly Task[], list: List | undefined): void {
    const listId = list?.id ?? null;
    const tasks = all.filter((task) => task.listId !== listId);
    if (tasks.length === 0) return notices.announce(`Already in ${listName(list)}.`);
    const { what, are } = subjectOf(tasks);
    const set = (place: Changes) => change(topmost(queryClient, tasks), place, `${what} could not be moved.`);
    const step = { name: `moving ${what}`, run: () => void set(({ listId, parentId }) => ({ listId, parentId })) };
    undo.offer(`${what} ${are} in ${listName(list)}.`, step, set(() => ({ listId, parentId: null })));
  }

  /** Changes the due dates of tasks; `day` is the name of the day in the notice. */
  function reschedule(tasks: readonly Task[], dueOf: (task: Task) => Due, day: string): void {
    const { what, are } = subjectOf(tasks);
    const set = (due: Changes) => change(tasks, due, `${what} could not be rescheduled.`);
    const step = { name: `rescheduling ${what}`, run: () => void set(({ dueAt, dueOn }) => ({ dueAt, dueOn })) };
    undo.offer(`${what} ${are} due ${day}.`, step, set(dueOf));
  }

  function completeAll(selected: readonly Task[], completed = true): void {
    const count = counted(selected.length);
    // Reopening a sub-task reopens its parent. If the parent were reopened by that and not by its own operation,
    // the server would keep the next task of its recurrence.
    const tasks = parentsFirst(selected);
    const all = completed ? withOpenBelow(queryClient, tasks) : tasks;
    const set = (tasks: readonly Task[], completed: boolean) => change(tasks, () => ({ completed }), `${count} could not be saved.`);
    const step = { name: `${completed ? "completing" : "reopening"} ${count}`, run: () => set(all, !completed) };
    undo.offer(`${count} ${completed ? "completed" : "open again"}.`, step, set(tasks, completed));
  }

  function removeAll(selected: readonly Task[]): void {
    const count = counted(selected.length);
    const tasks = topmost(queryClient, selected);
    const run = () => send(tasks, ({ id }) => ({ op: "restore", kind: "task", id }), `${count} could not be restored.`);
    const done = send(tasks, ({ id }) => ({ op: "delete", kind: "task", id }), `${count} could not be deleted.`);
    undo.offer(`${count} moved to the trash.`, { name: `deleting ${count}`, run }, done);
  }

  return { change, putIn, reschedule, completeAll, removeAll };
}

/** The subject of a sentence about tasks, and its verb. */
function subjectOf(tasks: readonly Task[]): { what: string; are: string } {
  const [only, ...more] = tasks;
  return only && more.length === 0 ? { what: quoted(only.title), are: "is" } : { what: counted(tasks.length), are: "are" };
}
