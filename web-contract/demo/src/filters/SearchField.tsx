import { useEffect, useEffectEvent, useState } from "react";
import { focusField, searchFieldId } from "../app/shortcuts";
import { CrossIcon, SearchIcon } from "../ui/icons";

/** After how many milliseconds without input the search is sent. */
const debounce = 150;

interface Props {
  value: string;
  onChange: (value: string) => void;
}

/** The search field. It searches while the user types. */
export function SearchField({ value, onChange }: Props) {
  const [text, setText] = useState(value);
  const [sent, setSent] = useState(value);
  if (value !== sent) {
    setSent(value);
    setText(value);
  }

  const send = useEffectEvent(() => {
    if (text === value) return;
    setSent(text);
    onChange(text);
  });
  useEffect(() => {
    const timer = setTimeout(() => send(), debounce);
    return () => clearTimeout(timer);
  }, [text]);

  function clear() {
    setText("");
    focusField(searchFieldId);
  }

  return (
    <div className="search-field">
      <SearchIcon />
      <input
        id={searchFieldId}
        className="bare-field"
        type="search"
        dir="auto"
        aria-label="Search"
        placeholder="Search"
        value={text}
        autoComplete="off"
        enterKeyHint="search"
        aria-keyshortcuts="/"
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => event.key === "Escape" && setText("")}
      />
      {text && (
        <button type="button" className="button icon-only" aria-label="Clear the search" onClick={clear}>
          <CrossIcon />
        </button>
      )}
    </div>
  );
}
