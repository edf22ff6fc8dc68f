import { focusField, newTaskFieldId, titleId } from "../app/shortcuts";

/** The checkbox of each row on the page, from the top. */
export function rowControls(): HTMLElement[] {
  return [...document.querySelectorAll<HTMLElement>("main li [data-control=check]")];
}

/** Moves the focus out of a row that is about to leave its list, if the focus is in it. */
export function leaveRow(row: HTMLElement | null): void {
  if (row?.contains(document.activeElement)) focusBeside(row);
}

/** Moves the focus to the next row of the same list, else the previous one, else a row of another list, else the field for new tasks, else the heading of the view. */
export function focusBeside(row: HTMLElement): void {
  const item = row.closest("li") ?? row;
  const others = rowControls().filter((control) => !item.contains(control));
  const follows = (control: HTMLElement) => item.compareDocumentPosition(control) === Node.DOCUMENT_POSITION_FOLLOWING;
  const neighbors = [others.find(follows), others.findLast((control) => !follows(control))];
  const inList = neighbors.find((control) => control?.closest("ul") === item.closest("ul"));
  const target = inList ?? neighbors.find((control) => control !== undefined);
  if (target) target.focus();
  else focusField(newTaskFieldId, titleId);
}

/** Whether the row of the task with this key is at least partly in the viewport. */
export function isInView(key: string): boolean {
  const row = document.querySelector(`[data-key="${CSS.escape(key)}"]`)?.getBoundingClientRect();
  return row !== undefined && row.bottom > 0 && row.top < innerHeight;
}
