import { isApiError, type CreateListRequest, type List, type UpdateListRequest } from "@tasklane/web-contract";
import { cachedItem, draftId } from "@tasklane/web-contract/react";
import { createCommonWrites, createPersisted, named, type Named, type Parts } from "../data/persisted";
import { nameOf, quoted, reason } from "../data/messages";

/** The writes to lists. Each is shown at once; most can be undone. */
export function createListWrites(parts: Parts) {
  const { queryClient, sender, outbox, notices, undo } = parts;
  const { mutations, retrying, send, saved } = sender;
  const { moveList: move, deleteList: remove, restoreList: restore } = mutations;
  const common = createCommonWrites(parts, "List", { move, remove, restore });

  const sendCreated = outbox.persisted("createList", (key, list: CreateListRequest) => {
    const created = send(mutations.createList(retrying(key)), list);
    return saved(created, (error) => {
      const isFull = isApiError(error, "too_many_lists");
      const message = `${quoted(list.name)} was not added. ${isFull ? "You have 500 lists, which is the limit." : reason(error)}`;
      notices.show({ message, failure: true, ...(!isFull && { action: { label: "Try again", run: () => create(list) } }) });
    });
  });

  const sendChanged = createPersisted(parts)(
    "changeList",
    mutations.updateList,
    ({ id }: Named, changes: UpdateListRequest) => ({ id, changes }),
    (list) => `${nameOf(list)} was not changed.`,
  );

  /** Adds a list. `onSaved` is called with its id once the server has it. */
  function create(list: CreateListRequest, onSaved: (id: string) => unknown = () => {}): void {
    const { key, saved: done } = sendCreated(list);
    notices.announce(`${quoted(list.name)} is added.`);
    void done.then((succeeded) => {
      const { id } = cachedItem(queryClient, { id: draftId(key) } as List);
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

  return { ...common, create, change };
}

function messageOf(name: string, { archived }: UpdateListRequest): string {
  if (archived === undefined) return `${name} is changed.`;
  return archived ? `${name} is archived.` : `${name} is no longer archived.`;
}
