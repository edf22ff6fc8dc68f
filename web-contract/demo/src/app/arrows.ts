import { rowControls } from "../list/focus";
import { useWindowEvent } from "../ui/use-window-event";
import { newTaskFieldId, searchFieldId } from "./shortcuts";

/** The up and down keys move the focus from row to row, through all lists of the page, and from elsewhere into them. */
export const useArrows = () => useWindowEvent("keydown", moveByArrows);

/** The fields in which the up and down keys have no other use. */
const singleLineFields = `#${newTaskFieldId}, #${searchFieldId}`;

function moveByArrows(event: KeyboardEvent): void {
  const down = event.key === "ArrowDown";
  if ((!down && event.key !== "ArrowUp") || event.defaultPrevented || isTaken(event)) return;
  const target = event.target as HTMLElement;
  const controls = rowControls();
  const row = target.closest("li");
  const index = controls.findIndex((control) => row?.contains(control));
  const next = index < 0 ? firstBeyond(target, down, controls) : controls[index + (down ? 1 : -1)];
  if (!next) return;
  event.preventDefault();
  // The same control as in the previous row.
  const name = index < 0 ? undefined : target.dataset["control"];
  const same = name && next.closest("li")?.querySelector<HTMLElement>(`[data-control=${name}]`);
  const control = same || next;
  control.focus();
  control.scrollIntoView({ block: "nearest" });
}

function isTaken({ target, ctrlKey, metaKey, altKey, shiftKey }: KeyboardEvent): boolean {
  const element = target as HTMLElement;
  if (ctrlKey || metaKey || altKey || shiftKey || element.closest("[data-editor], [data-overlay], textarea")) return true;
  return element.matches("input:not([type=checkbox])") && !element.matches(singleLineFields);
}

/** The nearest visible row after an element, or before it. */
function firstBeyond(element: HTMLElement, down: boolean, controls: HTMLElement[]): HTMLElement | undefined {
  const side = down ? Node.DOCUMENT_POSITION_FOLLOWING : Node.DOCUMENT_POSITION_PRECEDING;
  const beyond = controls.filter((control) => {
    const { top, bottom } = control.getBoundingClientRect();
    return element.compareDocumentPosition(control) & side && (down ? bottom > 0 : top < innerHeight);
  });
  return down ? beyond[0] : beyond.at(-1);
}
