import { expect, test } from "vitest";
import { createUndo } from "../src/data/undo";
import { createNotices } from "../src/ui/notices";

function open() {
  const notices = createNotices();
  const undone: string[] = [];
  const undo = createUndo(notices);
  const act = (name: string, done?: Promise<boolean>) => undo.offer(name, { name, run: () => undone.push(name) }, done);
  return { notices, undone, undo, act };
}

test("the latest 50 steps can be undone", () => {
  const { notices, undone, undo, act } = open();
  for (let step = 1; step <= 60; step++) act(String(step));
  for (let times = 0; times < 60; times++) undo.undoLast();
  expect(undone).toEqual(Array.from({ length: 50 }, (_, index) => String(60 - index)));
  expect(notices.notice.get()).toEqual({ message: "Nothing to undo." });
});

test("a failed write is not an undo step", async () => {
  const { undone, undo, act } = open();
  act("saved", Promise.resolve(true));
  const failed = Promise.resolve(false);
  act("failed", failed);
  await failed;
  await Promise.resolve();
  undo.undoLast();
  expect(undone).toEqual(["saved"]);
});

test("a notice undoes its own step, and only once", () => {
  const { notices, undone, undo, act } = open();
  act("first");
  const { action } = notices.notice.get()!;
  act("second");
  action?.run();
  action?.run();
  undo.undoLast();
  expect(undone).toEqual(["first", "second"]);
});
