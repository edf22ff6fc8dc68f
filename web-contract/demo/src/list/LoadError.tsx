import { reason } from "../data/messages";
import { ErrorState } from "../ui/ErrorState";

interface Props {
  what: "tasks" | "trash" | "settings";
  error: unknown;
  /** The queries to run again. */
  queries: readonly { refetch: () => unknown }[];
}

/** Replaces resources that could not be loaded. */
export function LoadError({ what, error, queries }: Props) {
  return (
    <ErrorState
      title={`Your ${what} could not be loaded.`}
      detail={reason(error)}
      action="Try again"
      onAction={() => queries.forEach(({ refetch }) => void refetch())}
    />
  );
}
