import { describe, expect, test, vi } from "vitest";
import { choose, linesOf, readTask, type Read } from "../src/editor/quick-add";
import { emptyFields } from "../src/task/fields";

describe("pasted lines", () => {
  test.for([
    ["are not split if there is only one", "Buy milk\n", []],
    ["do not count if they are empty", "Buy milk\r\n\r\n", []],
    ["become titles without spaces around them", "Buy milk\n\n  Call mum \n", ["Buy milk", "Call mum"]],
    ["lose the markers of a list", "- Buy milk\n* [ ] Call mum\n• [x] Sleep", ["Buy milk", "Call mum", "Sleep"]],
    ["lose the numbers of a numbered list", "1. Buy milk\n2) Call mum", ["Buy milk", "Call mum"]],
    ["keep dates and minus signs", "3. Mai Wandern\n-5 degrees", ["3. Mai Wandern", "-5 degrees"]],
    ["are not split if there are more than 100", Array.from({ length: 101 }, (_, i) => `line ${i}`).join("\n"), []],
  ] as const)("%s", ([, text, lines]) => {
    expect(linesOf(text, { value: "", selectionStart: 0, selectionEnd: 0 })).toEqual(lines);
  });

  test("that are inserted into a title keep the text before and after them", () => {
    const field = { value: "Today: (old) and so on", selectionStart: 7, selectionEnd: 12 };
    expect(linesOf("- Buy milk\n- Call mum", field)).toEqual(["Today: Buy milk", "Call mum and so on"]);
  });
});

test("a date out of range stays in the title", () => {
  vi.stubGlobal("navigator", { language: "en" });
  const title = "Rest 9999-12-31 #home";
  expect(readTask({ ...emptyFields, title }).fields).toEqual({ ...emptyFields, title: "Rest 9999-12-31", tags: ["home"] });
});

describe("a choice", () => {
  const part = (kind: "due" | "tag" | "priority", text: string) => ({ kind, text, start: 0, end: text.length });
  const read: Read = {
    fields: emptyFields,
    tags: ["home", "garden"],
    parts: [part("due", "tomorrow"), part("tag", "#home"), part("tag", "#garden"), part("priority", "p1")],
  };
  test("of a day keeps the words of another day in the title", () => {
    expect(choose(read, { dueAt: null })).toEqual({ changes: { dueAt: null }, literal: ["tomorrow"] });
  });

  test("of tags keeps unchosen ones in the title and reads the others", () => {
    expect(choose(read, { tags: ["Home", "city"] })).toEqual({ changes: { tags: ["city"] }, literal: ["#garden"] });
  });

  test("of the title changes no other field", () => {
    expect(choose(read, { title: "x" })).toEqual({ changes: { title: "x" }, literal: [] });
  });
});
