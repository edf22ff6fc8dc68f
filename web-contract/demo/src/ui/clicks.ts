/** The maximum distance in pixels between a press and its click, or between two taps of a double tap. */
const maxDistance = 12;

/** The maximum time in milliseconds between the two taps of a double tap. */
const maxPause = 300;

interface Press {
  control: HTMLElement | null;
  x: number;
  y: number;
  time: number;
  byTouch: boolean;
}

const controlOf = (target: EventTarget | null) =>
  target instanceof Element ? target.closest<HTMLElement>("a, button, input, label, summary, textarea") : null;

const isNear = (a: { x: number; y: number }, b: { x: number; y: number }) => Math.hypot(a.x - b.x, a.y - b.y) <= maxDistance;

/**
 * Makes each press act on one element: the control that was under the pointer
 * when it was pressed. A list may change before the click, or between the two
 * clicks of a double click, and move another task under the pointer. A held key
 * does not press a button twice, because the focus may be on another task.
 */
export function guardClicks(): void {
  let press: Press | undefined;
  let last: Press | undefined;

  function onPointerDown({ target, clientX, clientY, pointerType, timeStamp }: PointerEvent): void {
    press = { control: controlOf(target), x: clientX, y: clientY, time: timeStamp, byTouch: pointerType === "touch" };
  }

  function onClick(event: MouseEvent): void {
    // Keys and scripts click without a pointer; a label clicks its field once more.
    if (!press || event.detail === 0) return;
    const { control, time, byTouch } = press;
    // A mouse counts its clicks itself.
    const isSoon = event.detail > 1 || (byTouch && last !== undefined && time - last.time < maxPause);
    const isDouble = isSoon && last !== undefined && isNear(press, last);
    const isOther = isDouble && control !== last?.control;
    const hasMoved = control !== controlOf(event.target) && isNear(press, { x: event.clientX, y: event.clientY });
    if (!isDouble) last = press;
    press = undefined;
    if (!isOther && !hasMoved) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (!isOther) control?.click();
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.repeat && event.key === "Enter" && controlOf(event.target)?.matches("a, button")) event.preventDefault();
  }

  addEventListener("pointerdown", onPointerDown, true);
  addEventListener("click", onClick, true);
  addEventListener("keydown", onKeyDown, true);
}
