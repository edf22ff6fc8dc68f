import type { ReactNode } from "react";
import { AccountMenu } from "../account/AccountMenu";
import { narrow, useMedia, wide } from "../ui/media";
import { MenuButton } from "./Navigation";
import { titleId } from "./shortcuts";

interface Props {
  title: string;
  /** What stands before the title. */
  mark?: ReactNode;
  /** The options of what is shown. */
  options?: ReactNode;
  /** What there is in the view, in one line. */
  summary: ReactNode;
  /** What can be done with all of it. */
  children?: ReactNode;
}

/** The one line above a view: what it is called, and its tools. */
export function ViewHeader({ title, mark, options, summary, children }: Props) {
  const isWide = useMedia(wide);
  const isNarrow = useMedia(narrow);
  return (
    <header className="view-header">
      {!isWide && !isNarrow && <MenuButton className="tool menu-button" />}
      <h1 id={titleId} className="page-title" tabIndex={-1}>
        {mark}
        <bdi>{title}</bdi>
      </h1>
      {options}
      {!isWide && <AccountMenu />}
      <p className="page-summary">{summary}</p>
      {children}
    </header>
  );
}
