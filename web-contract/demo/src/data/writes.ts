import { isApiError, type BatchOperation, type Task } from "@tasklane/web-contract";
import type { Drafts } from "../editor/drafts";
import type { Fields } from "../task/fields";
import type { Notices } from "../ui/notices";
import { counted, faultOf, quoted, reason } from "./messages";
import type { Sender } from "./sender";

/** The most operations that the server takes in one batch. */
const batchSize = 100;

export type Writes = ReturnType<typeof createWrites>;

/**
 * Everything that the page writes, but for edits. A write shows at once. What
 * fails for good is taken back, and a notice says so and offers a way on.
 */
export function createWrites({ mutations, patience, send, failed }: Sender, notices: Notices, drafts: Drafts) {
  function create(fields: Fields): void {
    notices.announce(`${quoted(fields.title.trim())} is on the list.`);
    send(mutations.createTask(patience), { ...fields, title: fields.title.trim() }).catch((error: unknown) => {
      const fault = faultOf(error);
      const message = fault?.message ?? `${quoted(fields.title)} was not added. ${reason(error)}`;
      if (drafts.newTask.get().fields.title === "") drafts.newTask.set({ fields, fault: fault ?? { field: "title", message } });
      else notices.show({ message, failure: true, action: { label: "Try again", run: () => create(fields) } });
    });
  }

  function complete(task: Task, completed = !task.completed): void {
    const undo = { label: "Undo", run: () => complete(task, false) };
    if (completed) notices.show({ message: `${quoted(task.title)} is completed.`, action: undo });
    else notices.announce(`${quoted(task.title)} is open again.`);
    send(mutations.completeTask(patience), { id: task.id, completed }).catch((error: unknown) => {
      failed(`${quoted(task.title)} was not saved.`, error, () => complete(task, completed));
    });
  }

  function remove(task: Task): void {
    notices.show({
      message: `${quoted(task.title)} is in the trash.`,
      action: { label: "Undo", run: () => restore(task) },
    });
    send(mutations.deleteTask(patience), { id: task.id }).catch((error: unknown) => {
      // Gone already is what was asked for.
      if (isApiError(error, "task_not_found")) return;
      failed(`${quoted(task.title)} was not deleted.`, error, () => remove(task));
    });
  }

  function restore(task: Task): void {
    notices.announce(`${quoted(task.title)} is back on the list.`);
    send(mutations.restoreTask(patience), { id: task.id }).catch((error: unknown) => {
      failed(`${quoted(task.title)} was not restored.`, error, () => restore(task));
    });
  }

  function restoreAll(tasks: readonly Task[]): void {
    notices.announce(`${counted(tasks.length)} back on the list.`);
    batch(
      tasks.map(({ id }): BatchOperation => ({ op: "restore", kind: "task", id })),
      (error) => failed(`${counted(tasks.length)} could not be restored.`, error, () => restoreAll(tasks)),
    );
  }

  function erase(task: Task): void {
    notices.announce(`${quoted(task.title)} is erased.`);
    send(mutations.eraseTask(patience), { id: task.id }).catch((error: unknown) => {
      if (isApiError(error, "task_not_found")) return;
      failed(`${quoted(task.title)} was not erased.`, error, () => erase(task));
    });
  }

  function batch(operations: BatchOperation[], onFailure: (error: unknown) => void): void {
    for (let from = 0; from < operations.length; from += batchSize) {
      send(mutations.batch(patience), operations.slice(from, from + batchSize)).catch(onFailure);
    }
  }

  function completeAll(tasks: readonly Task[], completed = true): void {
    const operations = tasks.map(({ id }): BatchOperation => ({ op: "update", kind: "task", id, changes: { completed } }));
    const message = `${counted(tasks.length)} ${completed ? "completed" : "open again"}.`;
    notices.show({ message, action: { label: "Undo", run: () => completeAll(tasks, !completed) } });
    batch(operations, (error) => {
      failed(`${counted(tasks.length)} could not be saved.`, error, () => completeAll(tasks, completed));
    });
  }

  function removeAll(tasks: readonly Task[]): void {
    const undo = { label: "Undo", run: () => restoreAll(tasks) };
    notices.show({ message: `${counted(tasks.length)} moved to the trash.`, action: undo });
    batch(
      tasks.map(({ id }): BatchOperation => ({ op: "delete", kind: "task", id })),
      (error) => failed(`${counted(tasks.length)} could not be deleted.`, error, () => removeAll(tasks)),
    );
  }

  return { create, complete, remove, restore, erase, completeAll, removeAll };
}
