import { describe, expect, test } from "vitest";
import { filtersOf, queryOf, taskFilters, type Filters } from "../src/filters/filters";

const none: Filters = { show: "all", search: "", tags: [], priorities: [], due: "any", sort: "newest" };

describe("filters", () => {
  test("are restored from the address", () => {
    const filters: Filters = { show: "completed", search: "a & b", tags: ["home", "#1"], priorities: ["high"], due: "week", sort: "title" };
    expect(filtersOf(new URLSearchParams(queryOf(filters).toString()))).toEqual(filters);
    expect(queryOf(none).toString()).toBe("");
  });

  test("that are unknown are ignored", () => {
    expect(filtersOf(new URLSearchParams("due=never&sort=random&priority=huge"))).toEqual(none);
  });

  test("with a longer search, or more tags, than the API accepts do not fail", () => {
    const { q, tag } = taskFilters({ ...none, search: "🌻".repeat(501), tags: Array.from({ length: 21 }, (_, index) => String(index)) });
    expect([q, tag?.length]).toEqual(["🌻".repeat(500), 20]);
  });

  test("select days from midnight to midnight", () => {
    const now = new Date(2026, 10, 23, 15, 30);
    const midnight = (date: number) => new Date(2026, 10, date).toISOString();
    expect(taskFilters({ ...none, due: "today" }, now)).toMatchObject({ dueAfter: midnight(23), dueBefore: midnight(24) });
    expect(taskFilters({ ...none, due: "week" }, now)).toMatchObject({ dueAfter: midnight(23), dueBefore: midnight(30) });
    expect(taskFilters({ ...none, due: "overdue" }, now)).toMatchObject({ dueBefore: now.toISOString() });
  });
});
