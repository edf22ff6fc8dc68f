import type { ReactNode } from "react";
import type { useAuthForm } from "./form";

interface Props {
  form: ReturnType<typeof useAuthForm>;
  /** The label of the button that sends the form. */
  action: string;
  variant?: "primary" | "danger";
  children: ReactNode;
}

/** A form of the account: its fields, the error of the whole form, and the button that sends it. */
export function AuthForm({ form, action, variant, children }: Props) {
  return (
    <form className="account-form" onSubmit={form.onSubmit}>
      {children}
      <p className="field-fault" role="alert">
        {form.faultOf()}
      </p>
      <button type="submit" className={variant ? `button ${variant}` : "button"} aria-disabled={form.busy}>
        {action}
      </button>
    </form>
  );
}
