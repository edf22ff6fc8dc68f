import type { QueryClient } from "@tanstack/react-query";
import { isApiError, type CreateListRequest, type List, type MoveListRequest, type UpdateListRequest } from "@tasklane/web-contract";
import { draftId, latest } from "@tasklane/web-contract/react";
import { quoted, reason } from "../data/messages";
import type { Outbox } from "../data/outbox";
import type { Sender } from "../data/sender";
import type { Undo } from "../data/undo";
import type { Notices } from "../ui/notices";

export type ListWrites = ReturnType<typeof createListWrites>;

type Named = Pick<List, "id" | "name">;

const named = ({ id, name }: List): Named => ({ id, name });

interface Parts {
  queryClient: QueryClient;
  sender: Sender;
  outbox: Outbox;
  notices: Notices;
  undo: Undo;
}

/** The writes to lists. Each shows at once; most can be undone. */
export function createListWrites({ queryClient, sender, outbox, notices, undo }: Parts) {
  const { mutations, patient, send, saved, failed } = sender;

  const sendCreated = outbox.kept("createList", (key, list: CreateListRequest) => {
    const created = send(mutations.createList(patient(key)), list);
    return saved(created, (error) => {
      const isFull = isApiError(error, "too_many_lists");
      const message = `${quoted(list.name)} was not added. ${isFull ? "You have 500 lists, which is the limit." : reason(error)}`;
      notices.show({ message, failure: true, ...(!isFull && { action: { label: "Try again", run: () => create(list) } }) });
    });
  });

  const sendChanged = outbox.kept("changeList", (key, list: Named, changes: UpdateListRequest) =>
    saved(send(mutations.updateList(patient(key)), { id: list.id, changes }), (error) =>
      failed(`${quoted(list.name)} was not changed.`, error, () => sendChanged(list, changes)),
    ),
  );

  const sendMoved = outbox.kept("moveList", (key, list: Named, to: MoveListRequest) =>
    saved(send(mutations.moveList(patient(key)), { id: list.id, to }), (error) =>
      failed(`${quoted(list.name)} was not moved.`, error, () => sendMoved(list, to)),
    ),
  );

  const sendRemoved = outbox.kept("removeList", (key, list: Named) =>
    saved(send(mutations.deleteList(patient(key)), { id: list.id }), (error) => {
      if (isApiError(error, "list_not_found")) return;
      failed(`${quoted(list.name)} was not deleted.`, error, () => sendRemoved(list));
    }),
  );

  const sendRestored = outbox.kept("restoreList", (key, list: Named) =>
    saved(send(mutations.restoreList(patient(key)), { id: list.id }), (error) =>
      failed(`${quoted(list.name)} was not restored.`, error, () => sendRestored(list)),
    ),
  );

  /** Adds a list. `onSaved` is called with its id once the server has it. */
  function create(list: CreateListRequest, onSaved: (id: string) => unknown = () => {}): void {
    const { key, saved: done } = sendCreated(list);
    notices.announce(`${quoted(list.name)} is added.`);
    void done.then((succeeded) => {
      const { id } = latest(queryClient, { id: draftId(key) } as List);
      if (succeeded) onSaved(id);
    });
  }

  function change(list: List, changes: UpdateListRequest): void {
    const before = Object.fromEntries(Object.keys(changes).map((name) => [name, list[name as keyof UpdateListRequest]]));
    const { saved: done } = sendChanged(named(list), changes);
    const name = quoted(list.name);
    const step = { name: `changing ${name}`, run: () => void sendChanged(named(list), before) };
    undo.offer(messageOf(name, changes), step, done);
  }

  /** Moves a list among the others, and announces where it is now; `back` is where it was. */
  function move(list: List, to: MoveListRequest, back: MoveListRequest, where: string): void {
    const name = quoted(list.name);
    const { saved: done } = sendMoved(named(list), to);
    undo.keep({ name: `moving ${name}`, run: () => void sendMoved(named(list), back) }, done);
    notices.announce(`${name} is now ${where}.`);
  }

  /** Moves the list to the trash, with its tasks. */
  function remove(list: List): void {
    const name = quoted(list.name);
    const { saved: done } = sendRemoved(named(list));
    const step = { name: `deleting ${name}`, run: () => void sendRestored(named(list)) };
    undo.offer(`${name} is in the trash.`, step, done);
  }

  /** Takes the list out of the trash, with the tasks that were deleted with it. */
  function restore(list: List): void {
    const name = quoted(list.name);
    const { saved: done } = sendRestored(named(list));
    const step = { name: `restoring ${name}`, run: () => void sendRemoved(named(list)) };
    undo.offer(`${name} is restored.`, step, done);
  }

  return { create, change, move, remove, restore };
}

function messageOf(name: string, { archived }: UpdateListRequest): string {
  if (archived === undefined) return `${name} is changed.`;
  return archived ? `${name} is archived.` : `${name} is no longer archived.`;
}
