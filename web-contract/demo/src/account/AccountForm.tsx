import { TextField } from "../ui/TextField";
import { authClient, signIn, signUp, type AuthResponse } from "./auth";
import { AuthForm } from "./AuthForm";
import { useAuthForm, type Field } from "./form";
import { newPassword, PasswordField } from "./PasswordField";

export type Mode = "signIn" | "signUp" | "forgot";

const labels: Record<Mode, string> = { signIn: "Sign in", signUp: "Create account", forgot: "Send me a link" };

interface Props {
  mode: Mode;
  email?: string | undefined;
  /** Called with the address to which a mail was sent, if the user must open the mail to continue. */
  onMail: (email: string) => void;
}

/** The form to sign in, sign up, or reset a password. After a sign-in, the session opens the next page. */
export function AccountForm({ mode, email, onMail }: Props) {
  let mailedTo: string | undefined;
  const form = useAuthForm(
    async (field) => {
      const { error, mailed } = await send(mode, field);
      if (mailed) mailedTo = field("email");
      return { error: error ?? null };
    },
    () => {
      if (mailedTo) onMail(mailedTo);
      return true;
    },
  );
  const isNew = mode === "signUp";

  return (
    <AuthForm form={form} action={labels[mode]} variant="primary">
      {isNew && <TextField label="Name" name="name" autoComplete="name" fault={form.faultOf("name")} required autoFocus />}
      <TextField
        label="Email"
        name="email"
        type="email"
        autoComplete={mode === "signIn" ? "username webauthn" : "username"}
        fault={form.faultOf("email")}
        defaultValue={isNew ? undefined : email}
        required
        autoFocus={mode === "forgot" || (!isNew && !email)}
      />
      {mode !== "forgot" && (
        <PasswordField
          label="Password"
          name="password"
          fault={form.faultOf("password")}
          autoFocus={!isNew && Boolean(email)}
          {...(isNew ? newPassword : { autoComplete: "current-password" })}
          required
        />
      )}
    </AuthForm>
  );
}

/** Sends the form, and reports whether the user must open a mail to continue. */
async function send(mode: Mode, field: Field): Promise<AuthResponse & { mailed: boolean }> {
  const email = field("email");
  if (mode === "forgot") return { ...(await authClient.requestPasswordReset({ email, redirectTo: "/?reset" })), mailed: true };
  const credentials = { email, password: field("password") };
  if (mode === "signIn") return { ...(await signIn.email(credentials)), mailed: false };
  const response = await signUp.email({ ...credentials, name: field("name"), callbackURL: "/" });
  return { ...response, mailed: response.data?.token === null };
}
