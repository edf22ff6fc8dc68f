import type { Task } from "@tasklane/web-contract";
import { Dialog } from "../ui/Dialog";

interface Props {
  task: Task;
  onClose: () => void;
  onErase: () => void;
}

/** Asks for confirmation before erasing a task. */
export function EraseDialog({ task, onClose, onErase }: Props) {
  return (
    <Dialog title="Erase this task permanently?" role="alertdialog" onClose={onClose}>
      <p className="dialog-text">“<bdi>{task.title}</bdi>” cannot be brought back afterwards.</p>
      <div className="dialog-actions">
        <button type="button" className="button" onClick={onClose} autoFocus>
          Keep it
        </button>
        <button type="button" className="button danger" onClick={onErase}>
          Erase
        </button>
      </div>
    </Dialog>
  );
}
