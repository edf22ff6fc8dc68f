import { useIsMutating } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { counted } from "../data/messages";
import { useWorkspace } from "../data/workspace";
import { useTrueFor } from "../ui/use-true-for";
import { useStore } from "../ui/store";
import { signOut } from "./auth";

/** The delay in milliseconds before the page says that changes are not saved yet. */
const grace = 1_500;

/**
 * Replaces the page, so that it sends no more requests, while its user signs
 * out. Pending writes are saved first. If one or the sign-out fails, or the user
 * must finish an edit or resolve a conflict, the page returns.
 */
export function Leaving() {
  const { leaving, notices, drafts, outbox } = useWorkspace();
  const unsaved = useIsMutating() + useStore(outbox.foreign).size;
  const [discarding, setDiscarding] = useState(false);
  const late = useTrueFor(unsaved > 0, grace);
  const failed = useStore(notices.notice)?.failure;
  const edit = useStore(drafts.edit);
  const conflicts = useStore(drafts.conflicts);
  const needsUser = failed || edit !== undefined || conflicts.length > 0;
  const ready = discarding || unsaved === 0;

  useEffect(() => {
    if (needsUser && !discarding) return leaving.set(false);
    if (!ready) return;
    const stay = () => {
      leaving.set(false);
      const action = { label: "Try again", run: () => leaving.set(true) };
      notices.show({ message: "You could not be signed out.", failure: true, action });
    };
    signOut().then(({ error }) => (error ? stay() : outbox.clear()), stay);
  }, [needsUser, discarding, ready, leaving, notices, outbox]);

  if (ready || !late) {
    return (
      <main className="centered" aria-busy="true">
        <p className="loading-note">Signing out…</p>
      </main>
    );
  }
  return (
    <main className="centered">
      <div className="error-state" role="alert">
        <h1 className="error-title">{counted(unsaved, "change")} not saved yet</h1>
        <p className="error-detail">Tasklane has not responded yet. You will be signed out once your changes are saved.</p>
        <p className="button-row">
          <button type="button" className="button danger" onClick={() => setDiscarding(true)}>
            Sign out without saving
          </button>
          <button type="button" className="button" onClick={() => leaving.set(false)}>
            Stay
          </button>
        </p>
      </div>
    </main>
  );
}
