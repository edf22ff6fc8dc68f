import { useState, type FormEvent } from "react";
import { TextField } from "../ui/TextField";
import { signIn, signUp } from "./auth";
import { authFault, type AuthError, type AuthFault } from "./messages";

export type Mode = "signIn" | "signUp";

/** The fields to sign in or up with. Once that has worked, the session brings the next page. */
export function AccountForm({ mode, email }: { mode: Mode; email?: string | undefined }) {
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<AuthFault>();
  const isNew = mode === "signUp";
  const faultOf = (field: AuthFault["field"]) => (fault?.field === field ? fault?.message : undefined);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setFault(undefined);
    const failure = await send(mode, new FormData(event.currentTarget));
    if (!failure) return;
    setFault(authFault(failure));
    setBusy(false);
  }

  return (
    <form className="account-form" onSubmit={(event) => void submit(event)}>
      {isNew && <TextField label="Name" name="name" autoComplete="name" fault={faultOf("name")} required autoFocus />}
      <TextField
        label="Email"
        name="email"
        type="email"
        autoComplete="username"
        fault={faultOf("email")}
        defaultValue={isNew ? undefined : email}
        required
        autoFocus={!isNew && !email}
      />
      <TextField
        label="Password"
        name="password"
        type="password"
        fault={faultOf("password")}
        autoComplete={isNew ? "new-password" : "current-password"}
        autoFocus={!isNew && Boolean(email)}
        {...(isNew && { hint: "At least 8 characters.", minLength: 8 })}
        required
      />
      <p className="form-error" role="alert">
        {faultOf(undefined)}
      </p>
      <button type="submit" className="button primary" aria-disabled={busy}>
        {isNew ? "Create account" : "Sign in"}
      </button>
    </form>
  );
}

/** Signs in or up with what the form holds; resolves to what went wrong, if anything. */
async function send(mode: Mode, form: FormData): Promise<AuthError | undefined> {
  const field = (name: string) => String(form.get(name) ?? "");
  const credentials = { email: field("email"), password: field("password") };
  try {
    const { error } =
      mode === "signIn" ? await signIn.email(credentials) : await signUp.email({ ...credentials, name: field("name") });
    return error ?? undefined;
  } catch {
    return {};
  }
}
