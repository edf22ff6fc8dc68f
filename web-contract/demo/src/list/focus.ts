import { focusField, newTaskFieldId, titleId } from "../app/shortcuts";

/** Moves the keyboard focus out of a row that is about to leave its list. */
export function leaveRow(row: HTMLElement): void {
  if (row.contains(document.activeElement)) focusBeside(row);
}

/** Moves the keyboard focus to the next row, else the one before, else the field for new tasks, else the title. */
export function focusBeside(row: HTMLElement): void {
  const item = row.closest("li") ?? row;
  const neighbour = item.nextElementSibling ?? item.previousElementSibling;
  const target = neighbour?.querySelector<HTMLElement>("[data-control=check]");
  if (target) target.focus();
  else focusField(newTaskFieldId, titleId);
}

/** Whether the row of the task with this key is in sight. */
export function isInView(key: string): boolean {
  const row = document.querySelector(`[data-key="${CSS.escape(key)}"]`)?.getBoundingClientRect();
  return row !== undefined && row.bottom > 0 && row.top < innerHeight;
}
