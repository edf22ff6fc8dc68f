import { useQuery } from "@tanstack/react-query";
import { useState, type FormEvent, type KeyboardEvent } from "react";
import { queries, timeZone } from "../data/client";
import { CheckOption, toggled } from "../ui/CheckOption";
import { TagIcon } from "../ui/icons";
import { PopoverButton } from "../ui/Popover";

interface Props {
  tags: readonly string[];
  onChange: (tags: string[]) => void;
}

/** The tags of a task: those that are in use, to choose from, and a field for others. */
export function TagPicker({ tags, onChange }: Props) {
  const isSet = tags.length > 0;
  return (
    <PopoverButton
      className={isSet ? "chip is-set" : "chip"}
      label={isSet ? `Tags: ${tags.join(", ")}` : "Tags"}
      title="Tags"
      content={(close) => <TagChoice tags={tags} onChange={onChange} onDone={close} />}
    >
      <TagIcon />
      <span className="chip-text">{isSet ? tags.map((tag) => `#${tag}`).join(" ") : "Tags"}</span>
    </PopoverButton>
  );
}

function TagChoice({ tags, onChange, onDone }: Props & { onDone: () => void }) {
  const { data } = useQuery(queries.stats({ timeZone }));
  const [text, setText] = useState("");
  const known = [...new Set([...tags, ...(data?.byTag.map(({ tag }) => tag) ?? [])])];
  const wanted = text.trim().replace(/^#/, "").toLowerCase();
  const shown = known.filter((tag) => tag.toLowerCase().includes(wanted));

  function add() {
    const tag = text.trim().replace(/^#/, "");
    if (tag === "") return onDone();
    setText("");
    if (!tags.includes(tag)) onChange([...tags, tag]);
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.nativeEvent.isComposing || (event.key !== "Enter" && event.key !== ",")) return;
    event.preventDefault();
    add();
  }

  // The popover lies within the editor's form for React, but is none of its fields.
  const stop = (event: FormEvent) => event.stopPropagation();

  return (
    <div className="tag-choice" onSubmit={stop}>
      <input
        className="tag-field"
        aria-label="Add a tag"
        placeholder="Add a tag"
        value={text}
        maxLength={50}
        autoComplete="off"
        autoCapitalize="none"
        enterKeyHint="done"
        onChange={(event) => setText(event.target.value)}
        onKeyDown={onKeyDown}
        autoFocus
      />
      <div className="tag-options">
        {shown.map((tag) => (
          <CheckOption key={tag} text={`#${tag}`} checked={tags.includes(tag)} onChange={() => onChange(toggled(tags, tag))} />
        ))}
        {wanted !== "" && !known.some((tag) => tag.toLowerCase() === wanted) && (
          <button type="button" className="option" onClick={add}>
            <span className="option-text">Create “{text.trim().replace(/^#/, "")}”</span>
          </button>
        )}
      </div>
    </div>
  );
}
