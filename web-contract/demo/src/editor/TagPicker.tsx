import { useQuery } from "@tanstack/react-query";
import { useState, type FormEvent, type KeyboardEvent } from "react";
import { tagKey, uniqueTags } from "@tasklane/web-contract/react";
import { useWorkspace } from "../data/workspace";
import { CheckOption, toggled } from "../ui/CheckOption";
import { TagIcon } from "../ui/icons";
import { PopoverButton } from "../ui/PopoverButton";

interface Props {
  tags: readonly string[];
  onChange: (tags: string[]) => void;
  /** Called after a choice was made. */
  onDone: () => void;
}

/** The button with a task's tags, which opens the choice from all tags in use and a field for new ones. */
export function TagPicker({ tags, onChange, onDone }: Props) {
  const isSet = tags.length > 0;
  const [text, setText] = useState("");

  /** Adds the typed tag, and reports whether one was typed. */
  function add(): boolean {
    const tag = tagOf(text);
    setText("");
    if (tag !== "" && !tags.some((other) => tagKey(other) === tagKey(tag))) onChange([...tags, tag]);
    return tag !== "";
  }
  return (
    <PopoverButton
      className={isSet ? "chip is-set" : "chip"}
      label={isSet ? `Tags: ${tags.join(", ")}` : "Tags"}
      title="Tags"
      content={(close) => (
        <TagChoice tags={tags} onChange={onChange} text={text} onText={setText} onEnter={() => add() || close()} />
      )}
      onClose={add}
      onDone={onDone}
    >
      <TagIcon />
      <span className="chip-text" dir="auto">{isSet ? tags.map((tag) => `#${tag}`).join(" ") : "Tags"}</span>
    </PopoverButton>
  );
}

const tagOf = (text: string) => text.trim().replace(/^#/, "");

interface ChoiceProps extends Omit<Props, "onDone"> {
  text: string;
  onText: (text: string) => void;
  onEnter: () => void;
}

function TagChoice({ tags, onChange, text, onText, onEnter }: ChoiceProps) {
  const { queries } = useWorkspace();
  const { data } = useQuery(queries.stats());
  const known = uniqueTags([...tags, ...(data?.byTag.map(({ tag }) => tag) ?? [])]);
  const wanted = tagKey(tagOf(text));
  const shown = known.filter((tag) => tagKey(tag).includes(wanted));

  function choose(tag: string) {
    // The typed text was only a search for the tag.
    onText("");
    onChange(toggled(tags, tag));
  }

  function onKeyDown(event: KeyboardEvent) {
    const { key } = event;
    if (event.nativeEvent.isComposing) return;
    if (key === "Enter" || key === ",") {
      event.preventDefault();
      onEnter();
    } else if (key === "Escape" && text !== "") {
      event.stopPropagation();
      onText("");
    }
  }

  // For React, the popover is inside the editor's form, which must not get its events.
  const stop = (event: FormEvent) => event.stopPropagation();

  return (
    <div className="tag-choice" onSubmit={stop}>
      <input
        className="framed-field"
        aria-label="Add a tag"
        placeholder="Add a tag"
        dir="auto"
        value={text}
        maxLength={50}
        autoComplete="off"
        autoCapitalize="none"
        enterKeyHint="done"
        onChange={(event) => onText(event.target.value)}
        onKeyDown={onKeyDown}
        autoFocus
      />
      <div className="tag-options">
        {shown.map((tag) => (
          <CheckOption key={tag} text={`#${tag}`} checked={tags.includes(tag)} onChange={() => choose(tag)} />
        ))}
        {wanted !== "" && !known.some((tag) => tagKey(tag) === wanted) && (
          <button type="button" className="option" onClick={onEnter}>
            <span className="option-text">
              Create “<bdi>{tagOf(text)}</bdi>”
            </span>
          </button>
        )}
      </div>
    </div>
  );
}
