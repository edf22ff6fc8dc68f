import { useEffect, useState, type ReactNode } from "react";
import { useWorkspace } from "../data/workspace";
import { Dialog } from "../ui/Dialog";
import { TextField } from "../ui/TextField";
import { authClient, userHasPassword, loadFeatures, useUser, type Features } from "./auth";
import { AuthForm } from "./AuthForm";
import { useAuthForm } from "./form";
import { Keys } from "./Keys";
import { Passkeys } from "./Passkeys";
import { canUsePasskeys } from "./webauthn";
import { newPassword, PasswordField } from "./PasswordField";
import { Sessions } from "./Sessions";
import "./dialog.css";

/** The account's settings. */
export function AccountDialog({ onClose }: { onClose: () => void }) {
  const user = useUser(useWorkspace().user);
  const [features, setFeatures] = useState<Features>();
  const [hasPassword, setHasPassword] = useState<boolean>();
  const [message, setMessage] = useState("");
  useEffect(() => {
    void loadFeatures().then(setFeatures);
    void userHasPassword().then(setHasPassword);
  }, []);
  return (
    <Dialog title="Account" onClose={onClose}>
      <p className="dialog-text">{user.email}</p>
      <p className="account-done" role="status">
        {message}
      </p>
      {features?.mail && (
        <Section title="Change your email address">
          <ChangeEmail onDone={setMessage} />
        </Section>
      )}
      {hasPassword && (
        <Section title="Change your password">
          <ChangePassword onDone={setMessage} />
        </Section>
      )}
      {canUsePasskeys(features?.passkeys) && (
        <Section title="Passkeys">
          <Passkeys domain={features.passkeys} />
        </Section>
      )}
      <Section title="Where you are signed in">
        <Sessions />
      </Section>
      {features?.keys && (
        <Section title="API keys">
          <Keys />
        </Section>
      )}
      {features?.deletion && hasPassword !== undefined && (
        <Section title="Delete your account">
          <DeleteAccount hasPassword={hasPassword} />
        </Section>
      )}
      <div className="dialog-actions">
        <button type="button" className="button primary" onClick={onClose}>
          Done
        </button>
      </div>
    </Dialog>
  );
}

/** A section of the dialog. Its content is rendered, and loads its data, when it is opened. */
function Section({ title, children }: { title: string; children: ReactNode }) {
  const [open, setOpen] = useState(false);
  return (
    <details className="account-section" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{title}</summary>
      {open && children}
    </details>
  );
}

function ChangeEmail({ onDone }: { onDone: (message: string) => void }) {
  const form = useAuthForm(
    (field) => authClient.changeEmail({ newEmail: field("email"), callbackURL: "/" }),
    () => onDone("We have sent you an email. Your address changes once you open the link in it."),
  );
  return (
    <AuthForm form={form} action="Change the address">
      <TextField label="New email address" name="email" type="email" autoComplete="email" fault={form.faultOf("email")} required />
    </AuthForm>
  );
}

function ChangePassword({ onDone }: { onDone: (message: string) => void }) {
  const form = useAuthForm(
    (field) =>
      authClient.changePassword({ currentPassword: field("current"), newPassword: field("password"), revokeOtherSessions: true }),
    () => onDone("Your password is changed. All other devices were signed out."),
  );
  return (
    <AuthForm form={form} action="Change the password">
      <PasswordField label="Current password" name="current" autoComplete="current-password" fault={form.faultOf("current")} required />
      <PasswordField label="New password" name="password" fault={form.faultOf("password")} {...newPassword} required />
    </AuthForm>
  );
}

/** Deletes the account after the password is entered. Users without a password need a session that is at most a day old. */
function DeleteAccount({ hasPassword }: { hasPassword: boolean }) {
  const { outbox } = useWorkspace();
  const form = useAuthForm(
    (field) => authClient.deleteUser(hasPassword ? { password: field("current") } : {}),
    () => {
      outbox.clear();
      location.replace("/?deleted");
      return true;
    },
  );
  return (
    <AuthForm form={form} action="Delete my account permanently" variant="danger">
      <p className="dialog-text">
        Your tasks and lists, your passkeys, your API keys and your account are deleted at once, on every device. They cannot be brought back.
      </p>
      {hasPassword && (
        <PasswordField label="Your password" name="current" autoComplete="current-password" fault={form.faultOf("current")} required />
      )}
    </AuthForm>
  );
}
