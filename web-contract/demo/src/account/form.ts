import { useState, type FormEvent } from "react";
import type { AuthResponse } from "./auth";
import { authFault, type AuthFault } from "./messages";

/** Returns the value of a field of the submitted form. */
export type Field = (name: string) => string;

/**
 * A form that is sent to Better Auth. `onDone` runs after a success; if it returns
 * true, another page opens, and the form stays busy.
 */
export function useAuthForm(send: (field: Field) => Promise<AuthResponse>, onDone: () => boolean | void) {
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<AuthFault>();

  async function submit(form: HTMLFormElement) {
    if (busy) return;
    setBusy(true);
    setFault(undefined);
    const data = new FormData(form);
    const { error } = await send((name) => String(data.get(name) ?? "")).catch((): AuthResponse => ({ error: {} }));
    if (error) setFault(authFault(error));
    else if (onDone()) return;
    else form.reset();
    setBusy(false);
  }

  return {
    busy,
    onSubmit: (event: FormEvent<HTMLFormElement>) => {
      event.preventDefault();
      void submit(event.currentTarget);
    },
    /** Returns the error of a field; without a name, of the whole form. */
    faultOf: (field?: AuthFault["field"]) => (fault?.field === field ? fault?.message : undefined),
  };
}
