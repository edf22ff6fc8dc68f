import { useCallback, useEffect, useRef, useState } from "react";
import type { AuthResponse } from "./auth";
import { authFault } from "./messages";

/** Returns a list of the account, such as its sessions; undefined until it is loaded. */
export function useAccountList<Item>(list: () => Promise<AuthResponse<Item[]>>) {
  const [items, setItems] = useState<Item[]>();
  const [fault, setFault] = useState<string>();
  const [message, say] = useState("");
  const status = useRef<HTMLParagraphElement>(null);
  const removing = useRef(false);

  const load = useCallback(async () => {
    const { data, error } = await list().catch((): AuthResponse<Item[]> => ({}));
    if (data) setItems(data);
    setFault(data ? undefined : authFault(error ?? {}).message);
  }, [list]);
  useEffect(() => void load(), [load]);

  /** Loads the list again, then shows a message and moves the focus to it, because the button that had the focus may be gone. */
  async function finish(message: string) {
    await load();
    say(message);
    status.current?.focus();
  }

  /** Sends the removal of items, then says that they are removed, or why not. */
  async function remove(send: () => Promise<AuthResponse>, removed: string) {
    if (removing.current) return;
    removing.current = true;
    const { error } = await send().catch((): AuthResponse => ({ error: {} }));
    // 404: it was removed on another device before.
    await finish(error && error.status !== 404 ? authFault(error).message : removed);
    removing.current = false;
  }

  return {
    items,
    load,
    say,
    finish,
    remove,
    /** The error of the list, and the last message. */
    status: (
      <>
        {fault && <p role="alert">{fault}</p>}
        <p ref={status} className="account-done" role="status" tabIndex={-1}>
          {message}
        </p>
      </>
    ),
  };
}
