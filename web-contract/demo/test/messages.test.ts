import { expect, test } from "vitest";
import { quoted } from "../src/data/messages";

test("a long title is cut between characters", () => {
  expect(quoted("🌻".repeat(60))).toBe(`“${"🌻".repeat(60)}”`);
  expect(quoted("a" + "🌻".repeat(60))).toBe(`“a${"🌻".repeat(56)}…”`);
});
