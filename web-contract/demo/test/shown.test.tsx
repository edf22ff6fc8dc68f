import { kinds } from "@tasklane/web-contract/react";
import type { Task } from "@tasklane/web-contract";
import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, test } from "vitest";
import { TaskMeta } from "../src/list/TaskMeta";

/** The fields that the row itself shows: by its text, its checkbox, and its place below its parent. */
const shownByRow = ["title", "completed", "parentId"];

describe("a row shows every field that people write:", () => {
  test.for(Object.keys(kinds.task.defaults))("%s", (field) => {
    const read = new Set(shownByRow);
    const task = new Proxy(kinds.task.defaults as unknown as Task, {
      get(target, name) {
        read.add(String(name));
        return Reflect.get(target, name);
      },
    });
    renderToStaticMarkup(<TaskMeta id="meta" task={task} hideDay={false} hideList={false} hideParent={false} />);
    expect([...read], `src/list/TaskMeta.tsx does not show ${field}`).toContain(field);
  });
});
