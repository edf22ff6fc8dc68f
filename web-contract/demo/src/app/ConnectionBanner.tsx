import { onlineManager, useMutationState } from "@tanstack/react-query";
import { useState } from "react";
import { counted } from "../data/messages";
import { useWorkspace } from "../data/workspace";
import { useNow } from "../ui/clock";
import { useStore } from "../ui/store";
import { useTrueFor } from "../ui/use-true-for";

/** After how many milliseconds without a connection the banner is shown. */
const grace = 1_500;

/** After how many milliseconds without a response a write is late. */
const late = 4_000;

const connection = { get: () => onlineManager.isOnline(), subscribe: (listener: () => void) => onlineManager.subscribe(listener) };

/** Says that the server cannot be reached, and that changes will be saved later. */
export function ConnectionBanner({ away }: { away: boolean }) {
  const online = useStore(connection);
  const writes = useMutationState({
    filters: { status: "pending" },
    select: ({ state }) => ({ since: state.submittedAt, held: state.failureCount > 0 || state.isPaused }),
  });
  const unreachable = useTrueFor(away || writes.some(({ held }) => held), grace);
  const lateFrom = Math.min(...writes.map(({ since }) => since)) + late;
  const delayed = lateFrom <= useNow(() => lateFrom).getTime() || unreachable;

  // The banner stays until all delayed writes are saved, not only until the server responds.
  const [isOpen, setOpen] = useState(false);
  if (delayed && !isOpen) setOpen(true);
  if (isOpen && !away && writes.length === 0) setOpen(false);

  if (!online) return <Banner title="You are offline." unsaved={writes.length} until="you are back" />;
  if (!delayed && !isOpen) return <div role="status" />;
  return <Banner title="Tasklane cannot be reached just now." unsaved={writes.length} until="it is back" />;
}

function Banner({ title, unsaved, until }: { title: string; unsaved: number; until: string }) {
  const { outbox } = useWorkspace();
  const stored = useStore(outbox.unstored).size === 0;
  const what = unsaved > 0 ? `${counted(unsaved, "change")} will be saved` : "Your changes are kept, and saved";
  return (
    <div role="status">
      <p className="banner">
        <strong>{title}</strong> {what} when {until}.{!stored && " Keep this page open until then."}
      </p>
    </div>
  );
}
