import type { Notices } from "../ui/notices";

/** The maximum number of steps. */
const limit = 50;

interface Step {
  /** The action in words, such as “deleting “Water the plants””. */
  name: string;
  run: () => void;
}

export type Undo = ReturnType<typeof createUndo>;

/** The user's actions, which can be undone step by step, the latest first. */
export function createUndo(notices: Notices) {
  let steps: readonly Step[] = [];

  function show(message: string, step: Step | undefined): void {
    notices.show({ message, ...(step && { action: { label: "Undo", run: () => undo(step) } }) });
  }

  /** Adds a step, and removes it if `done` resolves to false, because its write failed. */
  function add(step: Step, done?: Promise<boolean>): void {
    steps = [...steps, step].slice(-limit);
    void done?.then((succeeded) => succeeded || drop(step));
  }

  /** Shows a message about an action, with a button to undo it. */
  function offer(message: string, step: Step, done?: Promise<boolean>): void {
    add(step, done);
    show(message, step);
  }

  function drop(step: Step): void {
    steps = steps.filter((other) => other !== step);
  }

  function undo(step: Step): void {
    if (!steps.includes(step)) return;
    drop(step);
    step.run();
    const next = steps.at(-1);
    show(`Undone: ${step.name}.${next ? ` Next: ${next.name}.` : ""}`, next);
  }

  /** Undoes the latest step. */
  function undoLast(): void {
    const last = steps.at(-1);
    if (last) undo(last);
    else notices.show({ message: "Nothing to undo." });
  }

  return { add, offer, undoLast };
}
