import type { Locator, Page } from "playwright-core";

export type Pointer = "touch" | "mouse";

/** The screens that tests of the page's layout run on. */
export const screens = [
  ["touch", 360, 740],
  ["touch", 768, 1024],
  ["mouse", 1440, 900],
] as const;

export async function nextFrame(page: Page): Promise<void> {
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(done)));
}

/** Waits until the page has rendered all pending changes. */
async function rendered(page: Page): Promise<void> {
  await nextFrame(page);
  await nextFrame(page);
}

/** Scrolls a target to where no fixed element covers it. */
const toMiddle = (target: Locator) => target.evaluate((element) => element.scrollIntoView({ block: "center" }));

/**
 * Presses the middle of a target and releases it in the same place after the page
 * has rendered, as slowly as a person does. With a mouse, `meanwhile` runs before
 * the release; a finger that stays that long would open a menu.
 */
export async function press(target: Locator, pointer: Pointer, meanwhile?: () => Promise<unknown>): Promise<void> {
  const page = target.page();
  await toMiddle(target);
  const box = (await target.boundingBox())!;
  await pressAt(page, { x: box.x + box.width / 2, y: box.y + box.height / 2 }, pointer, { meanwhile });
}

/** Presses and releases twice in the middle of a target, as a double click or a double tap does. */
export async function pressTwice(target: Locator, pointer: Pointer): Promise<void> {
  await toMiddle(target);
  const box = (await target.boundingBox())!;
  const point = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  const timestamp = now();
  await pressAt(target.page(), point, pointer, { timestamp });
  // Soon after the first in event time, however slow the machine is.
  await pressAt(target.page(), point, pointer, { timestamp: timestamp + 0.15, clickCount: 2 });
}

/** Returns the time of an event, in seconds. */
const now = () => Date.now() / 1_000;

interface PressOptions {
  meanwhile?: (() => Promise<unknown>) | undefined;
  clickCount?: number;
  timestamp?: number;
}

async function pressAt(
  page: Page,
  point: { x: number; y: number },
  pointer: Pointer,
  { meanwhile, clickCount = 1, timestamp = now() }: PressOptions,
): Promise<void> {
  const session = await page.context().newCDPSession(page);
  if (pointer === "mouse") {
    await session.send("Input.dispatchMouseEvent", { type: "mouseMoved", ...point, timestamp });
    const button = { ...point, button: "left", clickCount, timestamp } as const;
    await session.send("Input.dispatchMouseEvent", { type: "mousePressed", ...button });
    await meanwhile?.();
    await rendered(page);
    await session.send("Input.dispatchMouseEvent", { type: "mouseReleased", ...button });
  } else {
    await session.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: [point], timestamp });
    await nextFrame(page);
    await session.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [], timestamp });
  }
  await session.detach();
  await rendered(page);
}
