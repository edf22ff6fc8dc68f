import { kinds as contract } from "../generated/kinds.js";
import type { Item, Kind, KindName } from "./kind.js";
import { list } from "./lists.js";
import { task } from "./tasks.js";

/** The rules of every kind. */
export const rules: { readonly [Name in KindName]: Kind } = { task, list };

/** Reports whether two states have the same values in all fields that callers can write, and are both in the trash or both not. */
export function isSameContent(name: KindName, a: Item, b: Item): boolean {
  const { defaults, moments } = contract[name];
  const content = (item: Item) =>
    JSON.stringify([
      !item.deletedAt,
      ...Object.keys(defaults).map((field) => {
        const value = (item as unknown as Record<string, unknown>)[field];
        // Only the server knows when a day ends.
        if (field === "dueAt" && "dueOn" in item && item.dueOn !== null) return null;
        // The server writes the same moment in its own way.
        return value && (moments as readonly string[]).includes(field) ? Date.parse(value as string) : value;
      }),
      // The server composes letters and their accents.
    ]).normalize();
  return content(a) === content(b);
}
