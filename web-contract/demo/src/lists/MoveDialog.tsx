import type { List, Task } from "@tasklane/web-contract";
import { useState, type FormEvent } from "react";
import { flushSync } from "react-dom";
import { counted, quoted } from "../data/messages";
import { Dialog } from "../ui/Dialog";
import { InboxIcon } from "../ui/icons";
import { TextField } from "../ui/TextField";
import { Dot } from "./Dot";
import { useLists } from "./use-lists";
import "../ui/popover.css";
import "./lists.css";

interface Props {
  tasks: readonly Task[];
  onClose: () => void;
  /** Called with the chosen list, after the dialog is closed; undefined is the Inbox. */
  onMove: (list: List | undefined) => void;
}

/** The dialog to choose the list to move tasks to. Enter chooses the first one. */
export function MoveDialog({ tasks: [task, ...more], onClose, onMove }: Props) {
  const { ready } = useLists();
  const [search, setSearch] = useState("");
  const wanted = search.trim().toLowerCase();
  const found = [undefined, ...ready].filter((list) => (list?.name ?? "Inbox").toLowerCase().includes(wanted));

  function choose(list: List | undefined) {
    // The dialog traps the focus, so it must close before the focus can move.
    flushSync(onClose);
    onMove(list);
  }

  function submit(event: FormEvent) {
    event.preventDefault();
    if (found.length > 0) choose(found[0]);
  }

  return (
    <Dialog title={`Move ${more.length > 0 ? counted(more.length + 1) : quoted(task!.title)} to`} onClose={onClose}>
      <form className="list-form" onSubmit={submit}>
        <TextField label="List" type="search" autoComplete="off" autoFocus value={search} onChange={(event) => setSearch(event.target.value)} />
      </form>
      <ul role="list" className="move-lists" aria-label="Lists">
        {found.map((list) => (
          <li key={list?.id ?? null}>
            <button type="button" className="option" onClick={() => choose(list)}>
              {list ? <Dot color={list.color} /> : <InboxIcon />}
              <span className="option-text" dir="auto">
                {list?.name ?? "Inbox"}
              </span>
            </button>
          </li>
        ))}
      </ul>
      {found.length === 0 && <p className="dialog-text">No list has this name.</p>}
    </Dialog>
  );
}
