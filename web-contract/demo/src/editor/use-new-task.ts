import { useEffect } from "react";
import { useWorkspace } from "../data/workspace";
import { useLists } from "../lists/use-lists";
import type { Fields } from "../task/fields";
import { useStore } from "../ui/store";
import { quickAdd } from "./quick-add-loader";

/** The draft of a new task, with what quick add reads from its title. */
export function useNewTask(defaults: Partial<Fields>) {
  const { drafts } = useWorkspace();
  const draft = useStore(drafts.newTask);
  const quick = useStore(quickAdd);
  const { ready: lists } = useLists();
  const { fields, fault, literal = [], isDueChosen = false } = draft;
  const read = quick?.readTask(fields, { lists, literal, isDueChosen });
  useEffect(() => void quickAdd.load(), []);

  function change(input: Partial<Fields>): void {
    // The other choices are cleared with the title, because they would be invisible.
    if (input.title === "") return drafts.clearNewTask();
    const { changes, literal: newLiteral } = (read && quick?.choose(read, input)) ?? { changes: input, literal: [] };
    // The first letter applies the defaults; after that the fields are the user's.
    const first = fields.title === "" && changes.title ? defaults : {};
    drafts.newTask.set({
      fields: { ...fields, ...first, ...changes },
      literal: [...literal, ...newLiteral],
      isDueChosen: isDueChosen || changes.dueAt !== undefined,
    });
  }

  return {
    /** The title as it was typed. */
    title: fields.title,
    /** The fields, with the values that the title names. */
    fields: read?.fields ?? fields,
    read,
    fault,
    change,
    /** Keeps a recognized part as text of the title. */
    keep: ({ text }: { text: string }) => drafts.newTask.set({ ...draft, literal: [...literal, text] }),
  };
}
