import type { Task } from "@tasklane/web-contract";

/** The fields of a task that people write. */
export type Fields = Pick<Task, "title" | "description" | "dueAt" | "priority" | "tags">;
export type FieldName = keyof Fields;

const fieldNames: readonly FieldName[] = ["title", "description", "dueAt", "priority", "tags"];

export const fieldLabels: Record<FieldName, string> = {
  title: "Title",
  description: "Notes",
  dueAt: "Due",
  priority: "Priority",
  tags: "Tags",
};

export const emptyFields: Fields = { title: "", description: "", dueAt: null, priority: "none", tags: [] };

export function fieldsOf({ title, description, dueAt, priority, tags }: Task): Fields {
  return { title, description, dueAt, priority, tags };
}

/** Whether a field holds the same in both. */
function isSame(name: FieldName, a: Partial<Fields>, b: Partial<Fields>): boolean {
  return name === "dueAt" ? timeOf(a.dueAt) === timeOf(b.dueAt) : JSON.stringify(a[name]) === JSON.stringify(b[name]);
}

/** The server writes the same moment in its own way. */
const timeOf = (moment: string | null | undefined) => (moment ? Date.parse(moment) : null);

/** The fields of `fields` that differ from those of `base`. */
export function changesIn(fields: Partial<Fields>, base: Fields): Partial<Fields> {
  const names = fieldNames.filter((name) => fields[name] !== undefined && !isSame(name, fields, base));
  return Object.fromEntries(names.map((name) => [name, fields[name]]));
}

/** The changes on both sides that are about the same field, and not the same. */
export function conflictsOf(mine: Partial<Fields>, base: Fields, theirs: Fields): FieldName[] {
  return fieldNames.filter(
    (name) => mine[name] !== undefined && !isSame(name, base, theirs) && !isSame(name, mine, theirs),
  );
}
