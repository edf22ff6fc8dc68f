import { useState } from "react";
import { TextField } from "../ui/TextField";
import { read, write } from "./auth";
import { AuthForm } from "./AuthForm";
import { useAuthForm } from "./form";
import { useAccountList } from "./use-account-list";

interface Key {
  id: string;
  name: string | null;
  start: string | null;
  createdAt: string;
}

const list = async () => {
  const { data, error } = await read<{ apiKeys: Key[] }>("/api-key/list");
  return { data: data?.apiKeys ?? null, error: error ?? null };
};

/** The user's API keys. A key is shown only once, when it is created. */
export function Keys() {
  const { items: keys, load, say, remove, status } = useAccountList(list);
  const [created, setCreated] = useState<{ id: string; key: string }>();

  const form = useAuthForm(
    async (field) => {
      const response = await write<{ id: string; key: string }>("/api-key/create", { name: field("name").trim() });
      if (response.data) setCreated(response.data);
      return response;
    },
    () => void load(),
  );

  async function revoke(keyId: string) {
    const response = await write("/api-key/delete", { keyId });
    if (!response.error && keyId === created?.id) setCreated(undefined);
    return response;
  }

  async function copy(key: string) {
    // Pages without https have no clipboard.
    const isCopied = await navigator.clipboard?.writeText(key).then(() => true, () => false);
    say(isCopied ? "Your key is copied." : "Your browser has not copied the key. Select it, then copy it.");
  }

  return (
    <>
      <p className="dialog-text">With a key, a program reads and changes your tasks for you.</p>
      {status}
      {keys && keys.length > 0 && (
        <ul className="account-rows" role="list" aria-label="API keys">
          {keys.map(({ id, name, start, createdAt }) => (
            <li key={id}>
              <span>
                <bdi>{name}</bdi>
                <small>
                  {start}… since {new Date(createdAt).toLocaleDateString()}
                </small>
              </span>
              <button
                type="button"
                className="link"
                aria-label={`Revoke ${name}`}
                onClick={() => void remove(() => revoke(id), `“${name}” is revoked.`)}
              >
                Revoke
              </button>
            </li>
          ))}
        </ul>
      )}
      {created && (
        <div className="account-key">
          <p role="status">
            Copy your new key now; it is not shown again: <code>{created.key}</code>
          </p>
          <button type="button" className="button" onClick={() => void copy(created.key)}>
            Copy
          </button>
        </div>
      )}
      <AuthForm form={form} action="Create a key">
        <TextField label="Name of a new key" name="name" hint="Such as the program that uses it." maxLength={32} required />
      </AuthForm>
    </>
  );
}
