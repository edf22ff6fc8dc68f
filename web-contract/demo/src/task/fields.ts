import type { ReplaceTaskRequest, Task } from "@tasklane/web-contract";
import { kinds } from "@tasklane/web-contract/react";

/** The fields of a task that people edit. Completing a task is a separate action. */
export type Fields = Omit<Required<ReplaceTaskRequest>, "completed">;

/** A field as people see it. A due date is a day, dueOn, or a moment, dueAt; its field is named dueAt. */
export type FieldName = Exclude<keyof Fields, "dueOn">;

/** A new field of the contract without a label here is a compile error. */
export const fieldLabels: Record<FieldName, string> = {
  title: "Title",
  description: "Notes",
  dueAt: "Due",
  priority: "Priority",
  tags: "Tags",
  listId: "List",
  parentId: "Sub-task of",
  recurrence: "Repeats",
  recurrenceFrom: "Counted from",
};

const fieldNames = Object.keys(fieldLabels) as FieldName[];
const { defaults, moments } = kinds.task;

export const emptyFields = fieldsOf(defaults);

export function fieldsOf(task: Task | typeof defaults): Fields {
  return Object.fromEntries([...fieldNames, "dueOn" as const].map((name) => [name, task[name]])) as unknown as Fields;
}

/** Whether a field is equal in both. */
function isSame(name: FieldName, a: Partial<Fields>, b: Partial<Fields>): boolean {
  const valueOf = (fields: Partial<Fields>) => {
    if (name === "dueAt" && fields.dueOn) return fields.dueOn;
    // The server writes the same moment in its own format.
    const isMoment = moments.some((moment) => moment === name);
    return isMoment && fields[name] ? Date.parse(String(fields[name])) : fields[name];
  };
  // The server composes letters and their accents.
  return JSON.stringify([valueOf(a)]).normalize() === JSON.stringify([valueOf(b)]).normalize();
}

/** The fields of `fields` that differ from those of `base`. */
export function changesIn(fields: Partial<Fields>, base: Fields): Partial<Fields> {
  const names = fieldNames.filter((name) => fields[name] !== undefined && !isSame(name, fields, base));
  const changes: Partial<Fields> = Object.fromEntries(names.map((name) => [name, fields[name]]));
  return changes.dueAt === undefined ? changes : { ...changes, dueOn: fields.dueOn ?? null };
}

/** The fields that both sides changed to different values. */
export function conflictsOf(mine: Partial<Fields>, base: Fields, theirs: Fields): FieldName[] {
  return fieldNames.filter(
    (name) => mine[name] !== undefined && !isSame(name, base, theirs) && !isSame(name, mine, theirs),
  );
}
