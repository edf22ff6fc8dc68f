import { useState } from "react";
import { AccountForm, type Mode } from "./AccountForm";
import "./account.css";

const words = {
  signIn: { title: "Sign in", question: "New here?", other: "Create an account" },
  signUp: { title: "Create your account", question: "Have an account already?", other: "Sign in" },
} as const;

/** Where people sign in, or sign up when they are new. */
export function AccountPage() {
  const [mode, setMode] = useState<Mode>("signIn");
  const { title, question, other } = words[mode];
  return (
    <main className="centred account">
      <p className="wordmark">Tasklane</p>
      <p className="account-promise">Your tasks, in one calm list.</p>
      <h1 className="account-title">{title}</h1>
      <AccountForm key={mode} mode={mode} />
      <p className="account-switch">
        {question}{" "}
        <button type="button" className="link" onClick={() => setMode(mode === "signIn" ? "signUp" : "signIn")}>
          {other}
        </button>
      </p>
    </main>
  );
}
