import { useState } from "react";
import { TextField } from "../ui/TextField";
import { AccountFrame } from "./AccountFrame";
import { read, write, type User } from "./auth";
import { useAuthForm } from "./form";
import { AuthForm } from "./AuthForm";

/** The page on which a signed-in user confirms a program's code (RFC 8628). */
export function DevicePage({ user }: { user: User }) {
  const [code, setCode] = useState(() => new URLSearchParams(location.search).get("user_code") ?? "");
  const [isValid, setValid] = useState(false);
  const [outcome, setOutcome] = useState<"allowed" | "denied">();
  const enter = useAuthForm(
    async (field) => {
      setCode(field("code"));
      return read(`/device?${new URLSearchParams({ user_code: field("code").trim() })}`);
    },
    () => setValid(true),
  );
  const allow = useAuthForm(() => write("/device/approve", { userCode: code.trim() }), () => setOutcome("allowed"));
  const deny = useAuthForm(() => write("/device/deny", { userCode: code.trim() }), () => setOutcome("denied"));

  return (
    <AccountFrame title="Connect a program?">
      {outcome ? (
        <p className="account-note" role="status">
          {outcome === "allowed" ? "Done. Go back to the program: it is signed in." : "The program was not connected."} <a href="/">Open your tasks</a>
        </p>
      ) : isValid ? (
        <>
          <p className="account-note">
            The program that shows the code <strong>{code}</strong> will be signed in as {user.email}. It can read and change your tasks and
            your account until you sign it out. Deny it if you did not start it yourself.
          </p>
          <div className="account-form">
            <form className="account-form" onSubmit={allow.onSubmit}>
              <button type="submit" className="button primary" aria-disabled={allow.busy} autoFocus>
                Allow
              </button>
            </form>
            <form className="account-form" onSubmit={deny.onSubmit}>
              <button type="submit" className="button" aria-disabled={deny.busy}>
                Deny
              </button>
            </form>
            <p className="field-fault" role="alert">
              {allow.faultOf() ?? deny.faultOf()}
            </p>
          </div>
        </>
      ) : (
        <AuthForm form={enter} action="Continue" variant="primary">
          <TextField label="The code that the program shows" name="code" defaultValue={code} autoComplete="off" required autoFocus />
        </AuthForm>
      )}
    </AccountFrame>
  );
}
