import { describe, expect, test } from "vitest";
import { changesIn, conflictsOf, emptyFields, type Fields } from "../src/task/fields";

const base: Fields = { ...emptyFields, title: "Water the plants", tags: ["home"], dueAt: "2026-11-30T17:00:00Z" };

describe("changesIn", () => {
  test("has only the fields that differ", () => {
    expect(changesIn({ title: "Water all plants", tags: ["home"], priority: "none" }, base)).toEqual({
      title: "Water all plants",
    });
  });

  test("ignores another notation of the same moment", () => {
    expect(changesIn({ dueAt: "2026-11-30T17:00:00.000Z" }, base)).toEqual({});
    expect(changesIn({ dueAt: null, dueOn: null }, base)).toEqual({ dueAt: null, dueOn: null });
  });

  test("ignores when a day ends, but not a time on it", () => {
    const allDay = { ...base, dueAt: "2026-11-30T22:59:59Z", dueOn: "2026-11-30" };
    expect(changesIn({ dueAt: "2026-12-01T04:59:59Z", dueOn: "2026-11-30" }, allDay)).toEqual({});
    const timed = { dueAt: "2026-11-30T22:59:59Z", dueOn: null };
    expect(changesIn(timed, allDay)).toEqual(timed);
    expect(conflictsOf(timed, allDay, { ...allDay, dueOn: "2026-12-01" })).toEqual(["dueAt"]);
  });
});

describe("conflictsOf", () => {
  test.for([
    ["the same field with different values", { title: "Mine" }, { title: "Theirs" }, ["title"]],
    ["the same field with the same value", { title: "Both" }, { title: "Both" }, []],
    ["different fields", { title: "Mine" }, { description: "Theirs" }, []],
    ["several fields", { title: "Mine", tags: [] }, { title: "Theirs", tags: ["work"] }, ["title", "tags"]],
    ["one side only", { title: "Mine" }, {}, []],
    ["the same letters, composed and decomposed", { title: "Cafe\u0301" }, { title: "Caf\u00e9" }, []],
  ] as const)("finds the conflicts of %s", ([, mine, theirs, wanted]) => {
    const copy = (fields: object) => structuredClone(fields) as Partial<Fields>;
    expect(conflictsOf(copy(mine), base, { ...base, ...copy(theirs) })).toEqual(wanted);
  });
});
