import { useQueryClient } from "@tanstack/react-query";
import type { Task } from "@tasklane/web-contract";
import { itemKey } from "@tasklane/web-contract/react";
import { useCallback, type ReactNode } from "react";
import { useWorkspace } from "../data/workspace";
import { dragged } from "../drag/drag";
import { useStorePart } from "../ui/store";
import { VirtualList } from "./VirtualList";

/** The fields of an infinite query that load its next page. */
interface More {
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  isFetchNextPageError: boolean;
  fetchNextPage: () => unknown;
}

interface Props {
  label: string;
  tasks: readonly Task[];
  /** Loads the following pages; undefined if all tasks are loaded. */
  more?: More;
  /** Whether the list is at the top of its view. */
  isFirst?: boolean;
  /** Renders a task. */
  children: (task: Task) => ReactNode;
}

const whole: More = { hasNextPage: false, isFetchingNextPage: false, isFetchNextPageError: false, fetchNextPage: () => {} };

/** A list of tasks, whose further pages are loaded when it is scrolled near its end. */
export function TaskList({ label, tasks, more = whole, isFirst = false, children }: Props) {
  const { drafts } = useWorkspace();
  const queryClient = useQueryClient();
  const edited = useStorePart(drafts.edit, (edit) => edit && itemKey(queryClient, edit.base));
  const moving = useStorePart(dragged, (item) => (item && item.kind !== "list" ? itemKey(queryClient, item) : undefined));
  const { hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage } = more;

  const onEnd = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage && !isFetchNextPageError) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage]);

  return (
    <>
      <VirtualList
        label={label}
        items={tasks}
        keyOf={(task) => itemKey(queryClient, task)}
        pinned={[edited, moving]}
        isFirst={isFirst}
        onEnd={onEnd}
      >
        {children}
      </VirtualList>
      {hasNextPage && !isFetchNextPageError && <p className="list-end">Loading more…</p>}
      {isFetchNextPageError && (
        <p className="list-end" role="alert">
          The rest could not be loaded.{" "}
          <button type="button" className="link" onClick={() => void fetchNextPage()}>
            Try again
          </button>
        </p>
      )}
    </>
  );
}
