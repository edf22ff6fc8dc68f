import type { List } from "@tasklane/web-contract";
import { useState } from "react";
import { closePanel } from "../app/panel";
import { goTo, listPath, useRoute } from "../app/route";
import { useWorkspace } from "../data/workspace";
import type { Order } from "../list/order";
import { MoreIcon } from "../ui/icons";
import { ListDialog } from "../ui/later";
import { PopoverButton } from "../ui/PopoverButton";

interface Props {
  list: List;
  className: string;
  /** The order that the list can be moved in. */
  order?: Order<List>;
  /** Called before the list leaves its place. */
  onLeave?: () => void;
}

interface Action {
  text: string;
  /** The key that does the same. */
  keys?: string;
  run: () => void;
}

/** The options of a list. */
export function ListMenu({ list, className, order, onLeave }: Props) {
  const { listWrites } = useWorkspace();
  const { path } = useRoute();
  const [editing, setEditing] = useState(false);

  function remove() {
    leave();
    if (path === listPath(list.id)) goTo("tasks");
    listWrites.remove(list);
  }

  function archive() {
    leave();
    listWrites.change(list, { archived: !list.archived });
  }

  /** The drawer would cover the notice, which has the undo. */
  function leave() {
    onLeave?.();
    closePanel();
  }

  const actions: Action[] = [
    { text: "Edit", run: () => setEditing(true) },
    ...(order && !order.isFirst(list) ? [{ text: "Move up", keys: "Alt ↑", run: () => order.moveBy(list, -1) }] : []),
    ...(order && !order.isLast(list) ? [{ text: "Move down", keys: "Alt ↓", run: () => order.moveBy(list, 1) }] : []),
    { text: list.archived ? "Unarchive" : "Archive", run: archive },
    { text: "Delete", run: remove },
  ];
  return (
    <>
      <PopoverButton
        className={className}
        label={`Options for the list “${list.name}”`}
        title="List"
        align="end"
        content={(close) =>
          actions.map(({ text, keys, run }, index) => (
            <button
              key={text}
              type="button"
              className="option"
              autoFocus={index === 0}
              onClick={() => {
                close();
                run();
              }}
            >
              <span className="option-text">{text}</span>
              {keys && (
                <span className="option-aside option-keys" aria-hidden="true">
                  {keys}
                </span>
              )}
            </button>
          ))
        }
      >
        <MoreIcon />
      </PopoverButton>
      {editing && <ListDialog list={list} onClose={() => setEditing(false)} />}
    </>
  );
}
