import type { Task } from "@tasklane/web-contract";
import type { Fault } from "../data/messages";
import { changesIn, conflictsOf, emptyFields, fieldsOf, type FieldName, type Fields } from "../task/fields";
import { createStore } from "../ui/store";

/** An edit that has not been saved. */
export interface Edit {
  /** The task as it was when the edit began. */
  base: Task;
  /** The fields that were touched. All others follow the task. */
  touched: Partial<Fields>;
  /** Why the server did not take a field. */
  fault?: Fault | undefined;
}

/** A new task that has not been added. */
export interface NewTaskDraft {
  fields: Fields;
  /** Words of the title that are not to be understood. */
  literal?: readonly string[];
  /** Whether the due date was chosen, not only written: then it goes before that of a rule. */
  isDueChosen?: boolean;
  fault?: Fault | undefined;
}

/** Two edits of one task that cannot both stand. */
export interface Conflict {
  mine: Partial<Fields>;
  /** The task as it is on the server. */
  theirs: Task;
  fields: FieldName[];
}

const nothing: NewTaskDraft = { fields: emptyFields };

/** What is typed and not yet sent. It stays when the page is drawn anew, and while somebody signs in again. */
export function createDrafts() {
  const edit = createStore<Edit | undefined>(undefined);
  const newTask = createStore<NewTaskDraft>(nothing);
  /** The id of the task that sub-tasks are being added to. */
  const newSubtask = createStore<string | undefined>(undefined);
  const conflicts = createStore<readonly Conflict[]>([]);
  let returning: string | undefined;
  return {
    edit,
    newTask,
    newSubtask,
    conflicts,
    /** Lets the focus go to a task when its row comes. */
    returnTo: (id: string) => void (returning = id),
    /** Ends the edit; by the keyboard, the focus then goes back to the task. */
    close(byKey: boolean) {
      returning = byKey ? edit.get()?.base.id : undefined;
      edit.set(undefined);
    },
    /** Whether the focus goes back to this task, once. */
    takeReturn(id: string): boolean {
      if (returning !== id) return false;
      returning = undefined;
      return true;
    },
    clearNewTask: () => newTask.set(nothing),
    addConflict: (conflict: Conflict) => conflicts.set([...conflicts.get(), conflict]),
    settleConflict: () => conflicts.set(conflicts.get().slice(1)),
  };
}

export type Drafts = ReturnType<typeof createDrafts>;

/** What the edit shows: the task as it is now, with what was typed over it. */
export function shownFields({ touched }: Edit, task: Task): Fields {
  return { ...fieldsOf(task), ...touched };
}

/** What the edit changes. */
export function editChanges({ base, touched }: Edit): Partial<Fields> {
  return changesIn(touched, fieldsOf(base));
}

/** The fields that were changed elsewhere since the edit began, and here too. */
export function editConflicts(edit: Edit, task: Task): FieldName[] {
  return conflictsOf(editChanges(edit), fieldsOf(edit.base), fieldsOf(task));
}
