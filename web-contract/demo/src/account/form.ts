import { useState, type FormEvent } from "react";
import type { Answer } from "./auth";
import { authFault, type AuthFault } from "./messages";

/** Reads a field of a form that is sent. */
export type Field = (name: string) => string;

/**
 * A form that Better Auth answers. `onDone` runs once it was accepted; if that
 * returns true, another page is on its way, and the form stays busy.
 */
export function useAuthForm(send: (field: Field) => Promise<Answer>, onDone: () => boolean | void = () => true) {
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<AuthFault>();

  async function submit(form: HTMLFormElement) {
    if (busy) return;
    setBusy(true);
    setFault(undefined);
    const data = new FormData(form);
    const { error } = await send((name) => String(data.get(name) ?? "")).catch((): Answer => ({ error: {} }));
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
