import { MoreIcon } from "./icons";
import { PopoverButton } from "./PopoverButton";
import "./popover.css";

export interface Action {
  text: string;
  /** The keyboard shortcut, shown beside the text. */
  keys?: string;
  run: () => void;
}

interface Props {
  /** The button's name for screen readers. */
  label: string;
  title: string;
  className: string;
  /** The button's name among the controls of its row, for keeping the focus. */
  control?: string;
  /** Returns the menu's actions when it opens; false and undefined are left out. */
  actions: () => readonly (Action | false | undefined)[];
}

/** A button that opens a menu of actions. */
export function ActionMenu({ actions, ...button }: Props) {
  return (
    <PopoverButton {...button} align="end" content={(close) => <Actions actions={actions()} onDone={close} />}>
      <MoreIcon />
    </PopoverButton>
  );
}

/** The actions of a menu, the first one with the focus. Each closes the menu. */
export function Actions({ actions, onDone }: { actions: ReturnType<Props["actions"]>; onDone: () => void }) {
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
