import { useMutationState } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import { counted } from "../data/messages";
import { useLasting } from "../ui/lasting";

/** How many milliseconds the connection may be gone before anyone needs to know. */
const grace = 1_500;

/** After how many milliseconds a write that has no answer is late. */
const late = 4_000;

function useOnline(): boolean {
  return useSyncExternalStore(
    (listener) => {
      addEventListener("online", listener);
      addEventListener("offline", listener);
      return () => {
        removeEventListener("online", listener);
        removeEventListener("offline", listener);
      };
    },
    () => navigator.onLine,
  );
}

/** Says that the server is out of reach, and that nothing is lost by it. */
export function ConnectionBanner({ away }: { away: boolean }) {
  const online = useOnline();
  const writes = useMutationState({
    filters: { status: "pending" },
    select: ({ state }) => state.failureCount > 0 || state.isPaused,
  });
  const gone = useLasting(away || writes.includes(true), grace);
  const slow = useLasting(writes.length > 0, late);
  if (!online) return <Banner title="You are offline." unsaved={writes.length} until="you are back" />;
  if (!gone && !slow) return <div role="status" />;
  return <Banner title="Tasklane cannot be reached just now." unsaved={writes.length} until="it is back" />;
}

function Banner({ title, unsaved, until }: { title: string; unsaved: number; until: string }) {
  const what = unsaved > 0 ? `${counted(unsaved, "change")} will be saved` : "What you write is kept, and saved";
  return (
    <div role="status">
      <p className="connection-banner">
        <strong>{title}</strong> {what} when {until}.
      </p>
    </div>
  );
}
