import type { List } from "@tasklane/web-contract";
import { ViewHeader } from "../app/ViewHeader";
import { EmptyState } from "../ui/EmptyState";
import { ListMenu } from "./ListMenu";
import "./lists.css";

/** One list. */
export function ListView({ list }: { list: List }) {
  return (
    <>
      <ViewHeader title={list.name} mark={<span className="dot" data-color={list.color ?? undefined} />} summary={"\u00a0"}>
        <ListMenu list={list} className="tool" />
      </ViewHeader>
      <EmptyState title="Nothing here yet." text="No task is in this list." />
    </>
  );
}
