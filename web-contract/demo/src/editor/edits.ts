import { isApiError, type Task } from "@tasklane/web-contract";
import { cachedItem } from "@tasklane/web-contract/react";
import { faultOf, quoted } from "../data/messages";
import type { Parts } from "../data/persisted";
import type { Writes } from "../data/writes";
import { conflictsOf, fieldsOf, type Fields } from "../task/fields";
import { editChanges, editConflicts, type Conflict, type Drafts, type Edit } from "./drafts";

export type Edits = ReturnType<typeof createEdits>;

interface EditParts extends Parts {
  drafts: Drafts;
  writes: Writes;
}

/** Opens, saves and discards edits, and resolves conflicts with changes from elsewhere. */
export function createEdits({ queryClient, sender, outbox, notices, undo, drafts, writes }: EditParts) {
  const { mutations, retrying, send, saved, failed } = sender;

  /** Opens an edit, after saving the one that is open. */
  function open(edit: Edit): void {
    save(false);
    drafts.edit.set(edit);
  }

  /** Closes the open edit, and saves it if it changes anything. `byKey`: with the keyboard, so the focus returns to the task. */
  function save(byKey: boolean): void {
    const edit = drafts.edit.get();
    if (!edit) return;
    drafts.close(byKey);
    const changes = editChanges(edit);
    if (changes.title !== undefined) changes.title = changes.title.trim();
    if (changes.title === "") delete changes.title;
    if (Object.keys(changes).length === 0) return;
    const task = cachedItem(queryClient, edit.base);
    // Changes of other fields elsewhere are not a conflict.
    const { version } = editConflicts(edit, task).length > 0 ? edit.base : task;
    update(edit.base, changes, version);
  }

  /** Saves changes to a task if it still has this version; 0 means any. */
  const update = outbox.persisted("update", (key, base: Task, changes: Partial<Fields>, version: number) => {
    const updated = send(mutations.updateTask(retrying(key)), { id: base.id, version: version || undefined, changes });
    return saved(updated, (error) => {
      const fault = faultOf(error);
      if (isApiError(error, "version_conflict")) return reconcile(base, changes, error.current.data as Task);
      // Another page, since closed, sent this write with another version. Retry with a new key.
      if (isApiError(error, "idempotency_key_reused")) return update(base, changes, version);
      if (fault) return reopen({ base, touched: changes, fault });
      if (isApiError(error, "task_not_found")) return offerAsNew(base, changes);
      failed(`${quoted(base.title)} was not saved.`, error, () => update(base, changes, version));
    });
  });

  /** Reopens an edit that the server rejected, or offers to if another edit is open. */
  function reopen(edit: Edit): void {
    if (!drafts.edit.get()) return drafts.edit.set(edit);
    notices.show({
      message: `${quoted(edit.base.title)} was not saved. ${edit.fault?.message ?? ""}`,
      failure: true,
      action: { label: "Edit again", run: () => open(edit) },
    });
  }

  /** Merges two edits of different fields. If both changed a field, the user decides. */
  function reconcile(base: Task, mine: Partial<Fields>, theirs: Task): void {
    const fields = conflictsOf(mine, fieldsOf(base), fieldsOf(theirs));
    if (fields.length > 0) drafts.addConflict({ mine, theirs, fields });
    else update(theirs, mine, theirs.version);
  }

  function resolveWithMine({ mine, theirs }: Conflict): void {
    drafts.removeConflict();
    update(theirs, mine, theirs.version);
  }

  function resolveWithTheirs(conflict: Conflict): void {
    const { mine, theirs, fields } = conflict;
    drafts.removeConflict();
    // Save the changes that do not conflict.
    const conflicting = new Set<string>(fields.includes("dueAt") ? [...fields, "dueOn"] : fields);
    const others = Object.fromEntries(Object.entries(mine).filter(([name]) => !conflicting.has(name)));
    if (Object.keys(others).length > 0) update(theirs, others, theirs.version);
    notices.show({
      message: "The other version was kept.",
      action: { label: "Use mine", run: () => update(theirs, mine, 0) },
    });
  }

  /** Offers to save an edit as a new task, because its task was deleted. */
  function offerAsNew(base: Task, changes: Partial<Fields>): void {
    notices.show({
      message: `${quoted(base.title)} was deleted elsewhere, so your edit was not saved.`,
      failure: true,
      action: { label: "Add it as new", run: () => writes.create({ ...fieldsOf(base), ...changes }) },
    });
  }

  /** Closes the open edit without saving it. */
  function discard(): void {
    const edit = drafts.edit.get();
    drafts.close(true);
    if (!edit || Object.keys(editChanges(edit)).length === 0) return;
    const title = quoted(edit.base.title);
    undo.offer(`Your changes to ${title} are discarded.`, { name: `discarding your changes to ${title}`, run: () => open(edit) });
  }

  return { begin: (task: Task) => open({ base: task, touched: {} }), save, discard, resolveWithMine, resolveWithTheirs };
}
