import { useEffect, type ReactNode } from "react";
import { Wordmark } from "../ui/Wordmark";
import "./account.css";

interface Props {
  /** The heading, which is also the title of the window. */
  title: string;
  /** A line above the heading. */
  tagline?: ReactNode;
  children: ReactNode;
}

/** The frame of the pages that are shown in place of the tasks. */
export function AccountFrame({ title, tagline, children }: Props) {
  useEffect(() => {
    document.title = `${title} · Tasklane`;
  }, [title]);
  return (
    <main className="centered account">
      <Wordmark />
      {tagline}
      <h1 className="account-title">{title}</h1>
      {children}
    </main>
  );
}
