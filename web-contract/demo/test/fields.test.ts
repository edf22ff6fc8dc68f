import { describe, expect, test } from "vitest";
import { changesIn, conflictsOf, emptyFields, type Fields } from "../src/task/fields";

const base: Fields = { ...emptyFields, title: "Water the plants", tags: ["home"], dueAt: "2026-11-30T17:00:00Z" };

describe("changesIn", () => {
  test("holds what is different, and nothing else", () => {
    expect(changesIn({ title: "Water all plants", tags: ["home"], priority: "none" }, base)).toEqual({
      title: "Water all plants",
    });
  });

  test("takes the same moment for the same, however it is written", () => {
    expect(changesIn({ dueAt: "2026-11-30T17:00:00.000Z" }, base)).toEqual({});
    expect(changesIn({ dueAt: null }, base)).toEqual({ dueAt: null });
  });
});

describe("conflictsOf", () => {
  test.for([
    ["the same field in two ways", { title: "Mine" }, { title: "Theirs" }, ["title"]],
    ["the same field in the same way", { title: "Both" }, { title: "Both" }, []],
    ["different fields", { title: "Mine" }, { description: "Theirs" }, []],
    ["several fields", { title: "Mine", tags: [] }, { title: "Theirs", tags: ["work"] }, ["title", "tags"]],
    ["nothing", { title: "Mine" }, {}, []],
  ] as const)("tells of %s", ([, mine, theirs, wanted]) => {
    const copy = (fields: object) => structuredClone(fields) as Partial<Fields>;
    expect(conflictsOf(copy(mine), base, { ...base, ...copy(theirs) })).toEqual(wanted);
  });
});
