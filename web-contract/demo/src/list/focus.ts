import { focusField, newTaskFieldId, titleId } from "../app/shortcuts";

/** The first control of each row on the page, from the top. */
export function rowControls(): HTMLElement[] {
  return [...document.querySelectorAll<HTMLElement>("main li [data-control=check]")];
}

/** Moves the keyboard focus out of a row that is about to leave its list. */
export function leaveRow(row: HTMLElement): void {
  if (row.contains(document.activeElement)) focusBeside(row);
}

/** Moves the keyboard focus to the next row, else the one before, else the field for new tasks, else the title. */
export function focusBeside(row: HTMLElement): void {
  const item = row.closest("li") ?? row;
  const others = rowControls().filter((control) => !item.contains(control));
  const isBehind = (control: HTMLElement) => item.compareDocumentPosition(control) === Node.DOCUMENT_POSITION_FOLLOWING;
  const neighbours = [others.find(isBehind), others.findLast((control) => !isBehind(control))];
  const inList = neighbours.find((control) => control?.closest("ul") === item.closest("ul"));
  const target = inList ?? neighbours.find((control) => control !== undefined);
  if (target) target.focus();
  else focusField(newTaskFieldId, titleId);
}

/** Whether the row of the task with this key is in sight. */
export function isInView(key: string): boolean {
  const row = document.querySelector(`[data-key="${CSS.escape(key)}"]`)?.getBoundingClientRect();
  return row !== undefined && row.bottom > 0 && row.top < innerHeight;
}
