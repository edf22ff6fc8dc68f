import type { List } from "@tasklane/web-contract";
import { useState, type FormEvent } from "react";
import { closePanel } from "../app/panel";
import { goTo, listPath } from "../app/route";
import { useWorkspace } from "../data/workspace";
import { DialogActions } from "../ui/DialogActions";
import { Dialog } from "../ui/Dialog";
import { TextField } from "../ui/TextField";
import { Dot } from "./Dot";
import { colorNames, colors, type Color } from "./colors";
import "./lists.css";

interface Props {
  /** The list to change; without it, a new one is added. */
  list?: List | undefined;
  onClose: () => void;
}

/** The dialog with the name and the color of a list. */
export function ListDialog({ list, onClose }: Props) {
  const { listWrites } = useWorkspace();
  const [name, setName] = useState(list?.name ?? "");
  const [color, setColor] = useState<Color | null>(list?.color ?? null);
  const [submitted, setSubmitted] = useState(false);
  const wanted = name.trim();

  function submit(event: FormEvent) {
    event.preventDefault();
    setSubmitted(true);
    if (wanted === "") return;
    onClose();
    if (!list) {
      closePanel();
      // The new list is opened, unless the user went elsewhere meanwhile.
      const from = location.hash;
      return listWrites.create({ name: wanted, color }, (id) => location.hash === from && goTo(listPath(id)));
    }
    const changes = { ...(wanted !== list.name && { name: wanted }), ...(color !== list.color && { color }) };
    if (Object.keys(changes).length > 0) listWrites.change(list, changes);
  }

  return (
    <Dialog title={list ? "Edit list" : "New list"} onClose={onClose}>
      <form className="list-form" onSubmit={submit} noValidate>
        <TextField
          label="Name"
          value={name}
          maxLength={200}
          autoComplete="off"
          autoFocus
          fault={submitted && wanted === "" ? "Enter a name." : undefined}
          onChange={(event) => setName(event.target.value)}
        />
        <fieldset className="plain">
          <legend className="list-form-legend">Color</legend>
          <div className="swatches">
            {[null, ...colors].map((value) => (
              <label key={value} className="swatch" title={value ? colorNames[value] : "None"}>
                <input type="radio" name="color" checked={color === value} onChange={() => setColor(value)} />
                <Dot color={value} />
                <span className="visually-hidden">{value ? colorNames[value] : "None"}</span>
              </label>
            ))}
          </div>
        </fieldset>
        <DialogActions submit={list ? "Save" : "Add list"} onClose={onClose} />
      </form>
    </Dialog>
  );
}
