import { useEffect, useState } from "react";
import { lazy } from "../ui/lazy";
import { focusHeading } from "../ui/lost-focus";
import { AccountFrame } from "./AccountFrame";
import { AccountForm, type Mode } from "./AccountForm";
import { loadFeatures, signIn, type Features, type User } from "./auth";

const PasskeySignIn = lazy(async () => (await import("./PasskeySignIn")).PasskeySignIn, false);

/** Whether the address is that of a separate page: /?reset or /?device. */
export const isPage = (name: "reset" | "device") => new URLSearchParams(location.search).has(name);

const words = {
  signIn: { title: "Sign in", question: "New here?", other: "Create an account", next: "signUp" },
  signUp: { title: "Create your account", question: "Already have an account?", other: "Sign in", next: "signIn" },
  forgot: { title: "Choose a new password", question: "Remember your password?", other: "Sign in", next: "signIn" },
} as const;

const providerNames: Record<string, string> = { discord: "Discord", github: "GitHub", gitlab: "GitLab", google: "Google", linkedin: "LinkedIn", microsoft: "Microsoft" };

/** Messages for the query parameters with which other pages link here. */
const arrivals = new Map([
  ["deleted", "Your account is deleted, and your tasks with it."],
  ["changed", "Your password is changed. Sign in with the new one."],
  ["device", "Sign in to connect your device."],
]);

/** The page to sign in and sign up. If the session of the user `interrupted` has ended, it says that nothing is lost. */
export function AccountPage({ interrupted }: { interrupted?: User | undefined }) {
  const [mode, setMode] = useState<Mode>("signIn");
  const [mailedTo, setMailedTo] = useState<string>();
  const [features, setFeatures] = useState<Features>();
  const { title, question, other, next } = words[mode];
  useEffect(() => void loadFeatures().then(setFeatures), [mode]);
  useEffect(() => {
    // The form that had the focus is gone.
    if (mailedTo) focusHeading();
  }, [mailedTo]);
  const [arrival] = useState(() => arrivals.get([...new URLSearchParams(location.search).keys()][0] ?? ""));
  useEffect(() => {
    if (arrival && !isPage("device")) history.replaceState(null, "", "/");
  }, [arrival]);

  function show(mode: Mode) {
    setMailedTo(undefined);
    setMode(mode);
  }

  return (
    <AccountFrame title={title} tagline={<p className="account-tagline">Your tasks, in one calm list.</p>}>
      {mode === "signIn" && (interrupted || arrival) && (
        <p className="account-note" role="status">
          {arrival ?? "You were signed out. Sign in again to continue. Nothing you typed is lost."}
        </p>
      )}
      {mailedTo ? (
        <p className="account-note" role="status">
          {mode === "forgot"
            ? `If there is an account for ${mailedTo}, we have sent an email with a link. The link is valid for an hour.`
            : `We have sent an email to ${mailedTo}. Open the link in it to start.`}
        </p>
      ) : (
        <AccountForm key={mode} mode={mode} email={interrupted?.email} onMail={setMailedTo} />
      )}
      {mode === "signIn" && features?.mail && (
        <p className="account-switch">
          <button type="button" className="link" onClick={() => show("forgot")}>
            Forgot your password?
          </button>
        </p>
      )}
      {mode === "signIn" && features?.passkeys && <PasskeySignIn domain={features.passkeys} />}
      {mode !== "forgot" && features && <Providers providers={features.providers} />}
      <p className="account-switch">
        {question}{" "}
        <button type="button" className="link" onClick={() => show(next)}>
          {other}
        </button>
      </p>
    </AccountFrame>
  );
}

/** The other ways to sign in on this server. */
function Providers({ providers }: { providers: string[] }) {
  if (providers.length === 0) return null;
  return (
    <div className="account-providers">
      {providers.map((provider) => (
        <button
          key={provider}
          type="button"
          className="button"
          onClick={() => void signIn.social({ provider: provider as "github", callbackURL: location.pathname + location.search })}
        >
          Continue with {providerNames[provider] ?? provider}
        </button>
      ))}
    </div>
  );
}
