import { expect, test } from "vitest";
import { updateAgenda } from "../../src/react/tasks.js";
import type { Agenda, Task } from "../../src/types.js";

test("an agenda drops the occurrences of tasks that are no longer open", () => {
  const [open, done, gone, other] = ["open", "done", "gone", "other"].map((id) => ({ id, title: id, completed: false, deletedAt: null }) as Task);
  const occurrences = [open, done, gone, other].map((task) => ({ taskId: task!.id, dueAt: "2026-11-30T09:00:00Z", dueOn: null }));
  const agenda: Agenda = {
    overdue: [open!],
    days: [{ date: "2026-11-30", tasks: [done!, gone!, other!], occurrences }],
    later: 0,
    undated: 0,
    truncated: false,
    occurrencesTruncated: false,
  };
  const now = new Map<string, Task | null>([
    ["open", open!],
    ["done", { ...done!, completed: true }],
    ["gone", null],
  ]);
  const updated = updateAgenda(agenda, (id) => now.get(id));
  expect(updated.days).toEqual([{ date: "2026-11-30", tasks: [other], occurrences: [occurrences[0], occurrences[3]] }]);
});
