import { Dialog } from "../ui/later";
import { useStore } from "../ui/store";
import { setSingleKeys, singleKeys } from "./shortcuts";
import "./shortcuts.css";

/** The keys and their actions. */
const shortcuts = [
  ["n", "Add a task"],
  ["/", "Search"],
  ["1 2 3 4", "All tasks, Today, Upcoming, Trash"],
  ["↑ ↓", "Go to the list and move through it"],
  ["Alt ↑ ↓", "Move the task or the list, or change the day"],
  ["← →", "Hide or show its sub-tasks"],
  ["Alt → ←", "Make it a sub-task, or move it out"],
  ["m", "Move it, or all selected, to a list"],
  ["o", "Open its options"],
  ["c", "Complete the task, or all selected"],
  ["Delete", "Move it, or all selected, to the trash"],
  ["e", "Edit the task"],
  ["x", "Select the task"],
  ["z", "Undo, step by step"],
  ["Ctrl Enter", "Save an edit"],
  ["Esc", "Close without saving"],
  ["?", "Show these keys"],
] as const;

/** Lists the keyboard shortcuts, with a switch that turns single keys off. */
export function ShortcutsDialog({ onClose }: { onClose: () => void }) {
  const on = useStore(singleKeys);
  return (
    <Dialog title="Keyboard" onClose={onClose}>
      <dl className="shortcuts">
        {shortcuts.map(([keys, what]) => (
          <div key={keys}>
            <dt>
              {keys.split(" ").map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <label className="shortcuts-switch">
        <input type="checkbox" checked={on} onChange={(event) => setSingleKeys(event.target.checked)} />
        Use single keys
      </label>
      <div className="dialog-actions">
        <button type="button" className="button primary" onClick={onClose}>
          Done
        </button>
      </div>
    </Dialog>
  );
}
