import type { Task } from "@tasklane/web-contract";
import { describe, expect, test } from "vitest";
import { dropTask, putTask, type TaskPages } from "../src/tasks/cache";

/** A list with the ids of each page; more says that the last page is not the end. */
function list(pages: string[][], more = false): TaskPages {
  return {
    pages: pages.map((ids, index) => ({
      tasks: ids.map((id) => ({ id, title: "as loaded" }) as Task),
      nextCursor: index < pages.length - 1 || more ? `after page ${index}` : null,
      changes: 7,
    })),
    pageParams: pages.map((_, index) => (index === 0 ? undefined : `after page ${index - 1}`)),
  };
}

const ids = ({ pages }: TaskPages) => pages.map(({ tasks }) => tasks.map(({ id }) => id));
const task = (id: string) => ({ id, title: "as changed" }) as Task;

describe("putTask", () => {
  test.for([
    ["before all others when it is the newest", list([["5", "3"], ["2"]]), "6", [["6", "5", "3"], ["2"]]],
    ["between its neighbours in age", list([["5", "3"], ["2"]]), "4", [["5", "4", "3"], ["2"]]],
    [
      "on the page where it belongs",
      list([
        ["6", "5"],
        ["3", "1"],
      ]),
      "2",
      [
        ["6", "5"],
        ["3", "2", "1"],
      ],
    ],
    ["at the end when it is the oldest", list([["5"], ["3"]]), "1", [["5"], ["3", "1"]]],
    ["nowhere when its page was not loaded", list([["5"], ["3"]], true), "1", [["5"], ["3"]]],
    ["into an empty list", list([[]]), "1", [["1"]]],
  ] as const)("places a task %s", ([, before, id, after]) => {
    expect(ids(putTask(before, task(id)))).toEqual(after);
  });

  test("replaces a task where it stands, and nothing else", () => {
    const before = list([["5", "3"], ["2"]], true);
    const after = putTask(before, task("3"));
    expect(ids(after)).toEqual([["5", "3"], ["2"]]);
    expect(after.pages.flatMap(({ tasks }) => tasks.map(({ title }) => title))).toEqual([
      "as loaded",
      "as changed",
      "as loaded",
    ]);
    expect(after.pages.map(({ nextCursor }) => nextCursor)).toEqual(["after page 0", "after page 1"]);
    expect(before).toEqual(list([["5", "3"], ["2"]], true));
  });
});

describe("dropTask", () => {
  test.for([
    ["5", [["3"], ["2"]]],
    ["2", [["5", "3"], []]],
    ["4", [["5", "3"], ["2"]]],
  ] as const)("takes %s out", ([id, after]) => {
    expect(ids(dropTask(list([["5", "3"], ["2"]]), id))).toEqual(after);
  });
});
