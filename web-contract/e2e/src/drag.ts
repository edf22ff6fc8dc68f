import type { Locator } from "playwright-core";
import { expect, vi } from "vitest";

/** How far down a place of an element is. */
const depths = { before: 0.2, inside: 0.5, after: 0.8 };

/** Drags an element with the mouse, and drops it on a place of another one, as soon as the page shows that it can. `meanwhile` runs before the drop. */
export async function drag(item: Locator, onto: Locator, place: keyof typeof depths, meanwhile?: () => Promise<void>): Promise<void> {
  const page = item.page();
  const [from, to] = [(await item.boundingBox())!, (await onto.boundingBox())!];
  const [x, y] = [to.x + 120, to.y + to.height * depths[place]];
  await page.mouse.move(from.x + 120, from.y + from.height / 2);
  await page.mouse.down();
  await page.mouse.move(from.x + 130, from.y + from.height / 2 + 8, { steps: 4 });
  await page.mouse.move(x, y, { steps: 8 });
  // An automated browser fires drag events only when the pointer moves.
  let step = 0;
  await vi.waitFor(async () => {
    await page.mouse.move(x + (++step % 2), y);
    expect(await page.locator(`[data-drop=${place}]`).count()).toBe(1);
  }, { timeout: 20_000 });
  await meanwhile?.();
  await page.mouse.up();
}
