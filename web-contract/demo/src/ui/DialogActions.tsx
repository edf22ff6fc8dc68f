interface Props {
  /** The text of the submit button. */
  submit: string;
  onClose: () => void;
}

/** The buttons of a form in a dialog. */
export function DialogActions({ submit, onClose }: Props) {
  return (
    <div className="dialog-actions">
      <button type="button" className="button" onClick={onClose}>
        Cancel
      </button>
      <button type="submit" className="button primary">
        {submit}
      </button>
    </div>
  );
}
