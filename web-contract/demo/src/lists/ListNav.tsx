import type { List } from "@tasklane/web-contract";
import { isDraft } from "@tasklane/web-contract/react";
import { useMemo, useRef, type KeyboardEvent } from "react";
import { closePanel, listDialog } from "../app/panel";
import { addressOf, listPath, useRoute } from "../app/route";
import { useWorkspace } from "../data/workspace";
import { useDrag } from "../drag/drag";
import { createOrder, type Order } from "../list/order";
import { PlusIcon } from "../ui/icons";
import { Dot } from "./Dot";
import { ListMenu } from "./ListMenu";
import { NavCount } from "./NavCount";
import { useListCounts, useLists } from "./use-lists";
import { isTask, useTaskDrop } from "./use-task-drop";
import "./lists.css";

const addListId = "add-list";

/** The user's lists in the navigation. */
export function ListNav() {
  const { active, archived, readActive } = useLists();
  const { listWrites, notices } = useWorkspace();
  const order = useMemo(
    () => createOrder<List>({ read: readActive, move: listWrites.move, announce: notices.announce }),
    [readActive, listWrites, notices],
  );

  return (
    <>
      <h2 className="nav-heading" id="lists">
        Lists
      </h2>
      {active.length > 0 && (
        <ul role="list" aria-labelledby="lists">
          {active.map((list) => (
            <ListRow key={list.id} list={list} order={order} />
          ))}
        </ul>
      )}
      <button id={addListId} type="button" className="nav-link" onClick={() => listDialog.set({})}>
        <PlusIcon />
        <span className="nav-text">Add list</span>
      </button>
      {archived.length > 0 && (
        <details className="nav-archive">
          <summary className="nav-heading">
            Archived <span className="count">{archived.length}</span>
          </summary>
          <ul role="list" aria-label="Archived lists">
            {archived.map((list) => (
              <ListRow key={list.id} list={list} />
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

interface RowProps {
  list: List;
  /** The order in which the list can be moved. */
  order?: Order<List>;
}

function ListRow({ list, order }: RowProps) {
  const row = useRef<HTMLLIElement>(null);
  const { list: shown } = useRoute();
  // A list has no address until the server has responded.
  const draft = isDraft(list);
  const drop = useTaskDrop(list);
  const open = useListCounts()(list.id);

  useDrag(row, {
    item: order && !draft ? { kind: "list", id: list.id, name: list.name } : undefined,
    accepts: (item) => {
      if (draft) return {};
      if (isTask(item)) return { inside: 0 };
      return order && item.id !== list.id ? { before: 0, after: 0 } : {};
    },
    onDrop: (item, place) => (place === "inside" ? drop(item) : order?.moveBeside(item.id, list, place)),
  });

  function onKeyDown(event: KeyboardEvent) {
    const places = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!event.altKey || !places || !order) return;
    event.preventDefault();
    order.moveBy(list, places);
  }

  /** Moves the focus to a neighbor before the row is removed. */
  function onLeave() {
    const next = row.current?.nextElementSibling ?? row.current?.previousElementSibling;
    (next?.querySelector("a") ?? document.getElementById(addListId))?.focus();
  }

  const text = (
    <>
      <Dot color={list.color} />
      <span className="nav-text" dir="auto">
        {list.name}
      </span>
    </>
  );
  return (
    <li ref={row} className="nav-row" onKeyDown={onKeyDown}>
      {draft ? (
        <span className="nav-link is-draft">{text}</span>
      ) : (
        <>
          <a
            className="nav-link"
            href={addressOf(listPath(list.id))}
            aria-current={shown === list.id ? "page" : undefined}
            draggable={false}
            onClick={closePanel}
          >
            {text}
            <NavCount open={open} />
          </a>
          <ListMenu list={list} className="nav-more" {...(order && { order })} onLeave={onLeave} />
        </>
      )}
    </li>
  );
}
