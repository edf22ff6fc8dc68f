import { expect, test } from "vitest";
import { tagKey, uniqueTags } from "../../src/react/index.js";

test.each([
  ["home", "Home", "HOME"],
  ["größe", "GRÖSSE", "gro\u0308ße"],
  ["σίσυφος", "ΣΊΣΥΦΟΣ"],
  ["ışık", "IŞIK", "işik", "İŞİK"],
  ["дом", "ДОМ"],
  ["❤\ufe0f", "❤"],
])("%s is the same tag as %s", (tag, ...others) => {
  for (const other of others) expect(tagKey(other)).toBe(tagKey(tag));
});

test("different letters are different tags", () => {
  const tags = ["cafe", "café", "ano", "año", "か", "が", "home", "home 2", "#home", "🎉"];
  expect(new Set(tags.map(tagKey)).size).toBe(tags.length);
});

test("of equal tags, the first stays", () => {
  expect(uniqueTags(["Home", "b", "HOME", "B", "a"])).toEqual(["Home", "b", "a"]);
});
