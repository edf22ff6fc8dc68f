import type { ReactNode } from "react";
import { AccountMenu } from "../account/AccountMenu";
import { narrow, wide } from "../ui/media";
import { useStore } from "../ui/store";
import { MenuButton } from "./Navigation";
import { titleId } from "./shortcuts";

interface Props {
  title: string;
  /** Shown before the title. */
  mark?: ReactNode;
  /** The view's options. */
  options?: ReactNode;
  /** The counts of the view, in one line. */
  summary: ReactNode;
  /** Controls for all items of the view. */
  children?: ReactNode;
}

/** The header of a view: its name and its controls, in one line. */
export function ViewHeader({ title, mark, options, summary, children }: Props) {
  const isWide = useStore(wide);
  const isNarrow = useStore(narrow);
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
