import { useEffect } from "react";
import { authClient } from "./auth";
import { AccountFrame } from "./AccountFrame";
import { AuthForm } from "./AuthForm";
import { useAuthForm } from "./form";
import { newPassword, PasswordField } from "./PasswordField";

/** The page to choose a new password, which the link in a mail opens. */
export function ResetPage() {
  const query = new URLSearchParams(location.search);
  const token = query.get("token");
  const form = useAuthForm(
    (field) => authClient.resetPassword({ newPassword: field("password"), token: token ?? "" }),
    () => {
      location.replace("/?changed");
      return true;
    },
  );
  useEffect(() => {
    // The token is a secret, which the browser's history must not keep.
    if (token) history.replaceState(null, "", "/?reset");
  }, [token]);

  return (
    <AccountFrame title="Choose a new password">
      {query.has("error") || !token ? (
        <p className="account-note" role="status">
          This link no longer works: it is older than an hour or has been used. <a href="/">Go to the sign-in page</a> and request
          another one.
        </p>
      ) : (
        <AuthForm form={form} action="Save the password" variant="primary">
          <PasswordField label="New password" name="password" fault={form.faultOf("password")} {...newPassword} required autoFocus />
        </AuthForm>
      )}
    </AccountFrame>
  );
}
