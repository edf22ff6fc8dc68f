import { useState } from "react";
import { useNotify } from "../ui/notices";
import { signOut, type User } from "./auth";
import "./account.css";

/** Whose list this is, and the way out. */
export function AccountBar({ user }: { user: User }) {
  const [busy, setBusy] = useState(false);
  const notify = useNotify();

  async function leave() {
    setBusy(true);
    const signedOut = await signOut().then(
      ({ error }) => !error,
      () => false,
    );
    if (signedOut) return;
    setBusy(false);
    notify({ message: "Signing out did not work.", retry: () => void leave() });
  }

  return (
    <div className="account-bar">
      <span className="account-name" title={user.email}>
        {user.name || user.email}
      </span>
      <button type="button" className="button quiet" aria-disabled={busy} onClick={() => void leave()}>
        Sign out
      </button>
    </div>
  );
}
