import { useState } from "react";
import { useWorkspace } from "../data/workspace";
import { PopoverButton } from "../ui/Popover";
import { signOut } from "./auth";
import "./account.css";

/** Whose list this is, and the way out. */
export function AccountMenu({ onHelp }: { onHelp: () => void }) {
  const { user } = useWorkspace();
  const name = user.name || user.email;
  return (
    <PopoverButton
      className="account-button"
      label={`Account of ${name}`}
      title="Account"
      align="end"
      content={(close) => (
        <>
          <p className="account-who">
            <strong>{user.name}</strong>
            <span>{user.email}</span>
          </p>
          <hr />
          <button
            type="button"
            className="option"
            onClick={() => {
              close();
              onHelp();
            }}
          >
            <span className="option-text">Keyboard</span>
            <span className="option-aside">?</span>
          </button>
          <SignOut />
        </>
      )}
    >
      <span className="account-initial" aria-hidden="true">
        {name.slice(0, 1).toUpperCase()}
      </span>
    </PopoverButton>
  );
}

function SignOut() {
  const workspace = useWorkspace();
  const [busy, setBusy] = useState(false);

  async function leave() {
    if (busy) return;
    setBusy(true);
    // Whoever leaves by choice leaves nothing behind.
    workspace.left = true;
    const signedOut = await signOut().then(
      ({ error }) => !error,
      () => false,
    );
    if (signedOut) return;
    workspace.left = false;
    setBusy(false);
    const action = { label: "Try again", run: () => void leave() };
    workspace.notices.show({ message: "Signing out did not work.", failure: true, action });
  }

  return (
    <button type="button" className="option" aria-disabled={busy} onClick={() => void leave()}>
      <span className="option-text">Sign out</span>
    </button>
  );
}
