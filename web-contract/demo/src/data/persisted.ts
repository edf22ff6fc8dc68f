import type { MutationOptions, QueryClient } from "@tanstack/react-query";
import type { List, Task } from "@tasklane/web-contract";
import type { Notices } from "../ui/notices";
import { isGone, nameOf } from "./messages";
import type { Outbox } from "./outbox";
import type { Sender } from "./sender";
import type { Undo } from "./undo";

/** The id and the name of a task or a list. */
export type Named = Pick<Task, "id" | "title"> | Pick<List, "id" | "name">;

/** Returns the id and the name of an item, for the outbox. */
export const named = (item: Named): Named => ("title" in item ? { id: item.id, title: item.title } : { id: item.id, name: item.name });

/** The options of a mutation that make it wait and retry. */
type Retrying = ReturnType<Sender["retrying"]>;

/** The options of a mutation of the client. */
type Mutation<Data, Variables> = (settings: Retrying) => MutationOptions<Data, Error, Variables>;

/** The parts of a workspace that writes need. */
export interface Parts {
  queryClient: QueryClient;
  sender: Sender;
  outbox: Outbox;
  notices: Notices;
  undo: Undo;
}

/**
 * Creates writes that are stored until the server has responded. A permanent failure
 * is shown, with a button to retry. With `mayBeGone`, it is not a failure if the
 * resource no longer exists.
 */
export function createPersisted({ sender: { retrying, send, saved, failed }, outbox }: Pick<Parts, "sender" | "outbox">) {
  return function persisted<Data, Variables, Args extends unknown[]>(
    name: string,
    mutation: Mutation<Data, Variables>,
    variablesOf: (...args: Args) => Variables,
    failure: (...args: Args) => string,
    mayBeGone = false,
  ) {
    const write = outbox.persisted(name, (key, ...args: Args) =>
      saved(send(mutation(retrying(key)), variablesOf(...args)), (error) => {
        if (mayBeGone && isGone(error)) return;
        failed(failure(...args), error, () => write(...args));
      }),
    );
    return write;
  };
}

/** Creates the writes that tasks and lists have in common. `suffix` tells them apart in the outbox. */
export function createCommonWrites<Item extends Named, To>(
  { undo, notices, ...parts }: Parts,
  suffix: string,
  mutations: {
    move: Mutation<Item, { id: string; to: To }>;
    remove: Mutation<Item, { id: string }>;
    restore: Mutation<Item, { id: string }>;
  },
) {
  const persisted = createPersisted(parts);
  const idOf = ({ id }: Named) => ({ id });
  const sendMoved = persisted(`move${suffix}`, mutations.move, ({ id }: Named, to: To) => ({ id, to }), (item) => `${nameOf(item)} was not moved.`);
  const sendRemoved = persisted(`remove${suffix}`, mutations.remove, idOf, (item) => `${nameOf(item)} was not deleted.`, true);
  const sendRestored = persisted(`restore${suffix}`, mutations.restore, idOf, (item) => `${nameOf(item)} was not restored.`);
  return {
    /** Moves an item in the user's own order, and announces its new place; `back` is its old place. */
    move(item: Item, to: To, back: To, where: string): void {
      const { saved } = sendMoved(named(item), to);
      undo.add({ name: `moving ${nameOf(item)}`, run: () => void sendMoved(named(item), back) }, saved);
      notices.announce(`${nameOf(item)} is now ${where}.`);
    },

    /** Moves an item to the trash, with what is in it. */
    remove(item: Item): void {
      const { saved } = sendRemoved(named(item));
      const step = { name: `deleting ${nameOf(item)}`, run: () => void sendRestored(named(item)) };
      undo.offer(`${nameOf(item)} is in the trash.`, step, saved);
    },

    /** Takes an item out of the trash, with what was deleted with it. */
    restore(item: Item): void {
      const { saved } = sendRestored(named(item));
      const step = { name: `restoring ${nameOf(item)}`, run: () => void sendRemoved(named(item)) };
      undo.offer(`${nameOf(item)} is restored.`, step, saved);
    },
  };
}
