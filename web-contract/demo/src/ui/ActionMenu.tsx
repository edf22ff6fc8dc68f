import { MoreIcon } from "./icons";
import { PopoverButton } from "./PopoverButton";
import "./popover.css";

export interface Action {
  text: string;
  /** The key that does the same. */
  keys?: string;
  run: () => void;
}

interface Props {
  /** What a screen reader calls the button. */
  label: string;
  title: string;
  className: string;
  /** What the button is called among the controls of its row. */
  control?: string;
  /** Returns what can be done, false for what cannot; called when the menu is open. */
  actions: () => readonly (Action | false | undefined)[];
}

/** A button for a menu of what can be done with something. */
export function ActionMenu({ actions, ...button }: Props) {
  return (
    <PopoverButton {...button} align="end" content={(close) => <Actions actions={actions()} onDone={close} />}>
      <MoreIcon />
    </PopoverButton>
  );
}

function Actions({ actions, onDone }: { actions: ReturnType<Props["actions"]>; onDone: () => void }) {
  return actions
    .filter((action) => action !== false && action !== undefined)
    .map(({ text, keys, run }, index) => (
      <button
        key={text}
        type="button"
        className="option"
        autoFocus={index === 0}
        onClick={() => {
          onDone();
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
    ));
}
