import { Dialog } from "../ui/Dialog";
import { useStore } from "../ui/store";
import { setSingleKeys, singleKeys } from "./shortcuts";
import "./shortcuts.css";

/** The keys and their actions. */
const shortcuts = [
  ["n", "Add a task"],
  ["/", "Search"],
  ["1 2 3 4", "All tasks, Today, Upcoming, Trash"],
  ["↑ ↓", "Move through the list"],
  ["Alt ↑ ↓", "Move the task or list up or down, or to another day"],
  ["← →", "Hide or show the task’s sub-tasks"],
  ["Alt → ←", "Make the task a sub-task, or move it out"],
  ["m", "Move the task, or all selected, to a list"],
  ["o", "Open the task’s options"],
  ["c", "Complete the task, or all selected"],
  ["Delete", "Move the task, or all selected, to the trash"],
  ["e", "Edit the task"],
  ["x", "Select the task"],
  ["z", "Undo the last change"],
  ["Ctrl Enter", "Save an edit"],
  ["Esc", "Close without saving"],
  ["?", "Show keyboard shortcuts"],
] as const;

/** Lists the keyboard shortcuts, with a switch that turns single keys off. */
export function ShortcutsDialog({ onClose }: { onClose: () => void }) {
  const on = useStore(singleKeys);
  return (
    <Dialog title="Keyboard shortcuts" onClose={onClose}>
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
        Use single-key shortcuts
      </label>
      <div className="dialog-actions">
        <button type="button" className="button primary" onClick={onClose}>
          Done
        </button>
      </div>
    </Dialog>
  );
}
