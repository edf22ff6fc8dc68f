import { useEffect, useState } from "react";
import { Wordmark } from "../ui/Wordmark";
import { AccountForm, type Mode } from "./AccountForm";
import type { User } from "./auth";
import "./account.css";

const words = {
  signIn: { title: "Sign in", question: "New here?", other: "Create an account" },
  signUp: { title: "Create your account", question: "Have an account already?", other: "Sign in" },
} as const;

/**
 * Where people sign in, or sign up when they are new. Somebody whose session
 * has ended meanwhile is told that nothing is lost.
 */
export function AccountPage({ interrupted }: { interrupted?: User | undefined }) {
  const [mode, setMode] = useState<Mode>("signIn");
  const { title, question, other } = words[mode];
  useEffect(() => {
    document.title = `${title} · Tasklane`;
  }, [title]);
  return (
    <main className="centred account">
      <Wordmark />
      <p className="account-promise">Your tasks, in one calm list.</p>
      <h1 className="account-title">{title}</h1>
      {interrupted && mode === "signIn" && (
        <p className="account-note" role="status">
          You were signed out. Sign in again to go on where you were: nothing you typed is lost.
        </p>
      )}
      <AccountForm key={mode} mode={mode} email={interrupted?.email} />
      <p className="account-switch">
        {question}{" "}
        <button type="button" className="link" onClick={() => setMode(mode === "signIn" ? "signUp" : "signIn")}>
          {other}
        </button>
      </p>
    </main>
  );
}
