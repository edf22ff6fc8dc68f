export const newTaskFieldId = "new-task";

/**
 * Moves the keyboard focus out of a row that is about to leave its list: to
 * the next row, else the one before, else the field for new tasks.
 */
export function leaveRow(row: HTMLElement): void {
  if (!row.contains(document.activeElement)) return;
  const neighbour = row.nextElementSibling ?? row.previousElementSibling;
  const target = neighbour?.querySelector("input") ?? document.getElementById(newTaskFieldId);
  target?.focus();
}
