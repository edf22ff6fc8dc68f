import { useRef, useState, type KeyboardEvent } from "react";
import { TextField } from "../ui/TextField";
import { read, write, type AuthResponse } from "./auth";
import { AuthForm } from "./AuthForm";
import { device } from "./device";
import { useAuthForm } from "./form";
import { useAccountList } from "./use-account-list";
import { addPasskey, forgetPasskey } from "./webauthn";

interface Passkey {
  id: string;
  name: string | null;
  credentialID: string;
  createdAt: string;
}

const list = () => read<Passkey[]>("/passkey/list-user-passkeys");
const nameOf = ({ name }: Passkey) => name || "Passkey";

/** Sends the name that was entered, unless it is blank. */
async function sendName(entered: string, send: (name: string) => Promise<AuthResponse>): Promise<AuthResponse> {
  const name = entered.trim();
  return name ? send(name) : { error: { message: "Enter a name.", status: 400 } };
}

/** Lists the user's passkeys, with controls to add, rename and remove them. */
export function Passkeys({ domain }: { domain: string }) {
  const { items, fault, load } = useAccountList(list);
  const [renaming, setRenaming] = useState<string>();
  const [done, setDone] = useState("");
  const status = useRef<HTMLParagraphElement>(null);
  const removing = useRef(false);
  /** The passkey whose renaming was canceled: the focus goes back to its button. */
  const canceled = useRef<string>(undefined);

  /** Shows a message and moves the focus to it, because the button that had the focus is gone. */
  async function finish(message: string) {
    await load();
    canceled.current = undefined;
    setRenaming(undefined);
    setDone(message);
    status.current?.focus();
  }

  const form = useAuthForm(
    (field) => {
      setDone("");
      return sendName(field("name"), (name) => addPasskey(name, () => setDone("Please confirm once more.")));
    },
    () => void finish("Your passkey is added. You can sign in with it from now on."),
  );

  function cancel(id: string) {
    canceled.current = id;
    setRenaming(undefined);
  }

  async function remove(passkey: Passkey) {
    if (removing.current) return;
    removing.current = true;
    const { error } = await write("/passkey/delete-passkey", { id: passkey.id }).catch((): AuthResponse => ({ error: {} }));
    // 404: it was removed on another device before.
    const isGone = !error || error.status === 404;
    if (isGone) forgetPasskey(domain, passkey.credentialID);
    await finish(isGone ? `“${nameOf(passkey)}” is removed.` : "The passkey was not removed. Please try again.");
    removing.current = false;
  }

  return (
    <>
      <p className="dialog-text">
        A passkey signs you in with your fingerprint, your face or the PIN of your device, without your password.
      </p>
      {fault && <p role="alert">{fault}</p>}
      <p ref={status} className="account-done" role="status" tabIndex={-1}>
        {done}
      </p>
      {items && items.length > 0 && (
        <ul className="account-rows" role="list" aria-label="Passkeys">
          {items.map((passkey) => (
            <li key={passkey.id}>
              {renaming === passkey.id ? (
                <Rename passkey={passkey} onDone={(message) => void finish(message)} onCancel={() => cancel(passkey.id)} />
              ) : (
                <>
                  <span>
                    <bdi>{nameOf(passkey)}</bdi>
                    <small>Since {new Date(passkey.createdAt).toLocaleDateString()}</small>
                  </span>
                  <span className="account-acts">
                    <button
                      type="button"
                      className="link"
                      aria-label={`Rename ${nameOf(passkey)}`}
                      autoFocus={canceled.current === passkey.id}
                      onClick={() => setRenaming(passkey.id)}
                    >
                      Rename
                    </button>
                    <button type="button" className="link" aria-label={`Remove ${nameOf(passkey)}`} onClick={() => void remove(passkey)}>
                      Remove
                    </button>
                  </span>
                </>
              )}
            </li>
          ))}
        </ul>
      )}
      <AuthForm form={form} action="Add a passkey">
        <TextField label="Name of a new passkey" name="name" defaultValue={device(navigator.userAgent)} maxLength={64} required />
      </AuthForm>
    </>
  );
}

interface RenameProps {
  passkey: Passkey;
  onDone: (message: string) => void;
  onCancel: () => void;
}

function Rename({ passkey, onDone, onCancel }: RenameProps) {
  const form = useAuthForm(
    (field) => sendName(field("newName"), (name) => write("/passkey/update-passkey", { id: passkey.id, name })),
    () => {
      onDone("The passkey is renamed.");
      return true;
    },
  );

  /** Escape cancels the renaming, and does not close the dialog. */
  function onKeyDown(event: KeyboardEvent) {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    onCancel();
  }

  return (
    <form className="account-form account-rename" onSubmit={form.onSubmit} onKeyDown={onKeyDown}>
      <TextField label="New name" name="newName" defaultValue={nameOf(passkey)} maxLength={64} required autoFocus />
      <p className="form-error" role="alert">
        {form.faultOf()}
      </p>
      <span className="account-acts">
        <button type="submit" className="button" aria-disabled={form.busy}>
          Save the name
        </button>
        <button type="button" className="link" onClick={onCancel}>
          Cancel
        </button>
      </span>
    </form>
  );
}
