import { Choice } from "../ui/Choice";
import { InboxIcon } from "../ui/icons";
import { PopoverButton } from "../ui/PopoverButton";
import { Dot } from "./Dot";
import { useLists } from "./use-lists";

interface Props {
  listId: string | null;
  onChange: (listId: string | null) => void;
  /** Called after a choice was made. */
  onDone: () => void;
}

/** The button with a task's list, which opens the choice of another one. */
export function ListPicker({ listId, onChange, onDone }: Props) {
  const { ready, find } = useLists();
  const list = find(listId);
  if (ready.length === 0 && !list) return null;
  const others = list && !ready.includes(list) ? [...ready, list] : ready;
  const options = [
    { value: "", text: "Inbox", icon: <InboxIcon /> },
    ...others.map(({ id, name, color }) => ({ value: id, text: name, icon: <Dot color={color} /> })),
  ];
  return (
    <PopoverButton
      className={list ? "chip is-set" : "chip"}
      label={`List: ${list?.name ?? "Inbox"}`}
      title="List"
      onDone={onDone}
      content={(close) => (
        <Choice legend="List" options={options} value={listId ?? ""} onChange={(id) => onChange(id || null)} onDone={close} />
      )}
    >
      {list ? <Dot color={list.color} /> : <InboxIcon />}
      <span className="chip-text" dir="auto">{list?.name ?? "Inbox"}</span>
    </PopoverButton>
  );
}
