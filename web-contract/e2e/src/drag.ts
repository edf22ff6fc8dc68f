import type { CDPSession, Locator, Page } from "playwright-core";
import { expect } from "vitest";
import { eventually } from "./eventually.js";
import { nextFrame } from "./press.js";

interface Point {
  x: number;
  y: number;
}

type DragData = Extract<Parameters<CDPSession["send"]>[1], { data: { items: unknown } }>["data"];

type Finger = (type: "mousePressed" | "mouseMoved" | "mouseReleased", point: Point) => Promise<unknown>;

/** The distance of each place from the element's top, as a fraction of the element's height. */
const heights = { before: 0.2, inside: 0.5, after: 0.8 };

/** Returns the start of a drag, halfway down an element, and its end, at a place of another one, `inset` pixels from that one's left edge. */
async function dragPath(item: Locator, onto: Locator, place: keyof typeof heights, inset = 120) {
  const [from, to] = [(await item.boundingBox())!, (await onto.boundingBox())!];
  return {
    start: { x: from.x + 120, y: from.y + from.height / 2 },
    end: { x: to.x + inset, y: to.y + to.height * heights[place] },
  };
}

/** Waits until the element can be dragged: the page loads the code for that after its first rendering. */
async function waitForDragging(item: Locator): Promise<void> {
  const isReady = () => item.evaluate((element) => Boolean(element.closest("[draggable=true]") ?? element.querySelector("[draggable=true]")));
  await eventually(async () => expect(await isReady()).toBe(true));
}

/**
 * Moves the pointer around its target until the page shows the place there and `check` passes. An automated browser fires
 * drag events only when the pointer moves, and the page may still show where the pointer was before.
 */
async function waitForDropLine(onto: Locator, place: keyof typeof heights, { x, y }: Point, moveTo: (point: Point) => Promise<unknown>, check?: () => Promise<void>): Promise<void> {
  const shown = (element: Element, drop: string) => Boolean(element.closest(drop) ?? element.querySelector(drop));
  let step = 0;
  await eventually(async () => {
    await moveTo({ x: x + (++step % 2), y });
    expect(await onto.evaluate(shown, `[data-drop=${place}]`)).toBe(true);
    await check?.();
  });
}

/** Drags an element with the mouse, and drops it on a place of another one once the page shows that place. `check` must pass before the drop. */
export async function drag(item: Locator, onto: Locator, place: keyof typeof heights, check?: () => Promise<void>, inset?: number): Promise<void> {
  const page = item.page();
  await waitForDragging(item);
  const { start, end } = await dragPath(item, onto, place, inset);
  await page.mouse.move(start.x, start.y);
  await page.mouse.down();
  await page.mouse.move(start.x + 10, start.y + 8, { steps: 4 });
  await page.mouse.move(end.x, end.y, { steps: 8 });
  await waitForDropLine(onto, place, end, ({ x, y }) => page.mouse.move(x, y), check);
  await page.mouse.up();
}

/** Simulates a finger. Chromium detects a long press only in touches that it derives from mouse events, not in dispatched touches. */
async function withFinger(page: Page, act: (session: CDPSession, finger: Finger) => Promise<void>): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send("Emulation.setEmitTouchEventsForMouse", { enabled: true, configuration: "mobile" });
  await act(session, (type, { x, y }) => session.send("Input.emulateTouchFromMouseEvent", { type, x: Math.round(x), y: Math.round(y), button: "left" }));
  await session.detach();
}

/** Drags an element with a finger: a long press picks it up, as on a phone. `check` must pass before the drop. */
export async function dragByFinger(item: Locator, onto: Locator, place: keyof typeof heights, check?: () => Promise<void>, inset?: number): Promise<void> {
  const page = item.page();
  await waitForDragging(item);
  const { start, end } = await dragPath(item, onto, place, inset);
  await withFinger(page, async (session, finger) => {
    await session.send("Input.setInterceptDrags", { enabled: true });
    let data: DragData | undefined;
    session.once("Input.dragIntercepted", (drag) => (data = drag.data));
    await finger("mousePressed", start);
    await eventually(() => expect(data, "a long press starts a drag").toBeDefined());
    // A headless browser has no drag and drop of the system, so the rest of the drag is dispatched as events.
    const over = (type: "dragEnter" | "dragOver" | "drop", point: Point) => session.send("Input.dispatchDragEvent", { type, ...point, data: data! });
    await over("dragEnter", start);
    await waitForDropLine(onto, place, end, (point) => over("dragOver", point), check);
    await over("drop", end);
    await finger("mouseReleased", end);
  });
}

/** Presses an element with a finger until `meanwhile` resolves, then lifts the finger. */
export async function longPress(item: Locator, meanwhile: () => Promise<void>): Promise<void> {
  const { start } = await dragPath(item, item, "inside");
  await withFinger(item.page(), async (_, finger) => {
    await finger("mousePressed", start);
    await meanwhile();
    await finger("mouseReleased", start);
  });
}

/** Moves a finger up from an element without stopping, and waits until the page has scrolled. */
export async function swipeUp(item: Locator, by: number): Promise<void> {
  const page = item.page();
  const { start } = await dragPath(item, item, "inside");
  await withFinger(page, async (_, finger) => {
    await finger("mousePressed", start);
    for (let step = 1; step <= 10; step++) {
      await nextFrame(page);
      await finger("mouseMoved", { x: start.x, y: start.y - (by * step) / 10 });
    }
    await finger("mouseReleased", { x: start.x, y: start.y - by });
    await eventually(async () => expect(await page.evaluate(() => scrollY)).toBeGreaterThan(by / 2));
  });
}
