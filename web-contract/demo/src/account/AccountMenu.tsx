import { panel } from "../app/panel";
import { useWorkspace } from "../data/workspace";
import { PopoverButton } from "../ui/PopoverButton";
import { useUser } from "./auth";
import "./account.css";

const panels = [
  ["account", "Account settings"],
  ["settings", "Date and time"],
  ["keyboard", "Keyboard", "?"],
] as const;

/** The user's name, the account's dialogs, and sign-out. */
export function AccountMenu() {
  const user = useUser(useWorkspace().user);
  const name = user.name || user.email;
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
            <span>{user.email}</span>
          </p>
          <hr />
          {panels.map(([name, text, key]) => (
            <button
              key={name}
              type="button"
              className="option"
              onClick={() => {
                close();
                panel.set(name);
              }}
            >
              <span className="option-text">{text}</span>
              {key && <span className="option-aside">{key}</span>}
            </button>
          ))}
          <SignOut />
        </>
      )}
    >
      <span className="account-initial" aria-hidden="true">
        {name.slice(0, 1).toUpperCase()}
      </span>
    </PopoverButton>
  );
}

function SignOut() {
  const { edits, notices, leaving } = useWorkspace();

  function leave() {
    edits.save(false);
    notices.dismiss();
    leaving.set(true);
  }

  return (
    <button type="button" className="option" onClick={leave}>
      <span className="option-text">Sign out</span>
    </button>
  );
}
