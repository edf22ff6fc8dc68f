import type { Task } from "@tasklane/web-contract";
import type { Fault } from "../data/messages";
import { changesIn, conflictsOf, emptyFields, fieldsOf, type FieldName, type Fields } from "../task/fields";
import { createStore } from "../ui/store";

/** An edit that has not been saved. */
export interface Edit {
  /** The task as it was when the edit began. */
  base: Task;
  /** The changed fields. All others follow the task. */
  touched: Partial<Fields>;
  /** The field that the server rejected, and the reason. */
  fault?: Fault | undefined;
}

/** A new task that has not been added. */
interface NewTaskDraft {
  fields: Fields;
  /** Words of the title that quick add must not parse. */
  literal?: readonly string[];
  /** Whether the due date was chosen and not only typed. A chosen one takes precedence over a recurrence rule's first date. */
  isDueChosen?: boolean;
  fault?: Fault | undefined;
}

/** Two conflicting edits of one task. */
export interface Conflict {
  mine: Partial<Fields>;
  /** The task as it is on the server. */
  theirs: Task;
  fields: FieldName[];
}

const emptyDraft: NewTaskDraft = { fields: emptyFields };

/** Unsent input. It survives rendering the page again, and signing in again. */
export function createDrafts() {
  const edit = createStore<Edit | undefined>(undefined);
  const newTask = createStore<NewTaskDraft>(emptyDraft);
  /** The id of the task that sub-tasks are being added to. */
  const newSubtask = createStore<string | undefined>(undefined);
  const conflicts = createStore<readonly Conflict[]>([]);
  /** The id of the task to which the focus returns when its row is rendered. */
  let returningTo: string | undefined;
  return {
    edit,
    newTask,
    newSubtask,
    conflicts,
    /** Moves the focus to a task when its row is rendered. */
    returnTo: (id: string) => void (returningTo = id),
    /** Ends the edit; with the keyboard, the focus then returns to the task. */
    close(byKey: boolean) {
      returningTo = byKey ? edit.get()?.base.id : undefined;
      edit.set(undefined);
    },
    /** Whether the focus returns to this task; true only once. */
    takeReturn(id: string): boolean {
      if (returningTo !== id) return false;
      returningTo = undefined;
      return true;
    },
    clearNewTask: () => newTask.set(emptyDraft),
    addConflict: (conflict: Conflict) => conflicts.set([...conflicts.get(), conflict]),
    removeConflict: () => conflicts.set(conflicts.get().slice(1)),
  };
}

export type Drafts = ReturnType<typeof createDrafts>;

/** The fields that the editor shows: the task's, replaced by the changes. */
export function shownFields({ touched }: Edit, task: Task): Fields {
  return { ...fieldsOf(task), ...touched };
}

/** The changes of the edit. */
export function editChanges({ base, touched }: Edit): Partial<Fields> {
  return changesIn(touched, fieldsOf(base));
}

/** The fields that were changed both here and elsewhere since the edit began. */
export function editConflicts(edit: Edit, task: Task): FieldName[] {
  return conflictsOf(editChanges(edit), fieldsOf(edit.base), fieldsOf(task));
}
