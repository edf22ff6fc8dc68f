import { panel } from "../app/panel";
import { useWorkspace } from "../data/workspace";
import { Actions } from "../ui/ActionMenu";
import { PopoverButton } from "../ui/PopoverButton";
import { useUser } from "./auth";
import "./account.css";

/** The user's name, the account's dialogs, and sign-out. */
export function AccountMenu() {
  const { user: known, edits, notices, leaving } = useWorkspace();
  const user = useUser(known);
  const name = user.name || user.email;

  function signOut() {
    edits.save(false);
    notices.dismiss();
    leaving.set(true);
  }

  const actions = [
    { text: "Account settings", run: () => panel.set("account") },
    { text: "Date and time", run: () => panel.set("settings") },
    { text: "Keyboard", keys: "?", run: () => panel.set("keyboard") },
    { text: "Sign out", run: signOut },
  ];
  return (
    <PopoverButton
      className="account-button"
      label={`Account of ${name}`}
      title="Account"
      align="end"
      content={(close) => (
        <>
          <p className="account-who">
            <strong dir="auto">{user.name}</strong>
            <span className="hint">{user.email}</span>
          </p>
          <hr />
          <Actions actions={actions} onDone={close} />
        </>
      )}
    >
      <span className="account-initial" aria-hidden="true">
        {[...name][0]?.toUpperCase()}
      </span>
    </PopoverButton>
  );
}
