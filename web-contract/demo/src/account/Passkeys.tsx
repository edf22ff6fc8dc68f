import { useState, type KeyboardEvent } from "react";
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
  const { items, say, finish, remove, status } = useAccountList(list);

  const form = useAuthForm(
    (field) => {
      say("");
      return sendName(field("name"), (name) => addPasskey(name, () => say("Please confirm once more.")));
    },
    () => void finish("Your passkey is added. You can sign in with it from now on."),
  );

  async function sendRemoval({ id, credentialID }: Passkey) {
    const response = await write("/passkey/delete-passkey", { id });
    if (!response.error || response.error.status === 404) forgetPasskey(domain, credentialID);
    return response;
  }

  return (
    <>
      <p className="dialog-text">
        A passkey signs you in with your fingerprint, your face or the PIN of your device, without your password.
      </p>
      {status}
      {items && items.length > 0 && (
        <ul className="account-rows" role="list" aria-label="Passkeys">
          {items.map((passkey) => (
            <PasskeyRow
              key={passkey.id}
              passkey={passkey}
              onRenamed={() => finish("The passkey is renamed.")}
              onRemove={() => void remove(() => sendRemoval(passkey), `“${nameOf(passkey)}” is removed.`)}
            />
          ))}
        </ul>
      )}
      <AuthForm form={form} action="Add a passkey">
        <TextField label="Name of a new passkey" name="name" defaultValue={device(navigator.userAgent)} maxLength={64} required />
      </AuthForm>
    </>
  );
}

interface RowProps {
  passkey: Passkey;
  /** Loads the new name. */
  onRenamed: () => Promise<void>;
  onRemove: () => void;
}

function PasskeyRow({ passkey, onRenamed, onRemove }: RowProps) {
  const [renaming, setRenaming] = useState<"begun" | "canceled">();
  if (renaming === "begun") {
    return (
      <li>
        <Rename passkey={passkey} onDone={() => void onRenamed().then(() => setRenaming(undefined))} onCancel={() => setRenaming("canceled")} />
      </li>
    );
  }
  return (
    <li>
      <span>
        <bdi>{nameOf(passkey)}</bdi>
        <small>Since {new Date(passkey.createdAt).toLocaleDateString()}</small>
      </span>
      <span className="account-acts">
        <button
          type="button"
          className="link"
          aria-label={`Rename ${nameOf(passkey)}`}
          autoFocus={renaming === "canceled"}
          onClick={() => setRenaming("begun")}
        >
          Rename
        </button>
        <button type="button" className="link" aria-label={`Remove ${nameOf(passkey)}`} onClick={onRemove}>
          Remove
        </button>
      </span>
    </li>
  );
}

interface RenameProps {
  passkey: Passkey;
  onDone: () => void;
  onCancel: () => void;
}

function Rename({ passkey, onDone, onCancel }: RenameProps) {
  const form = useAuthForm(
    (field) => sendName(field("newName"), (name) => write("/passkey/update-passkey", { id: passkey.id, name })),
    () => {
      onDone();
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
      <p className="field-fault" role="alert">
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
