import { QueryClientProvider, useQueryClient } from "@tanstack/react-query";
import { goesStale, useLiveChanges } from "@tasklane/web-contract/react";
import { memo, useEffect, useEffectEvent, useRef, useState } from "react";
import { sessionChanged } from "../account/auth";
import { Leaving } from "../account/Leaving";
import { fill, useWorkspace, WorkspaceContext, type Workspace } from "../data/workspace";
import { useSettings } from "../settings/use-settings";
import { dayAt, nextChange } from "../task/dates";
import { useNow } from "../ui/clock";
import { NoticeArea } from "../ui/notices";
import { useStore } from "../ui/store";
import { useLeaveWarning } from "./leave-warning";
import { Page } from "./Page";

/** The page of one user. */
export const SignedIn = memo(function SignedIn({ workspace }: { workspace: Workspace }) {
  const { sender } = workspace;
  const leaving = useStore(workspace.leaving);
  useEffect(() => {
    sender.start();
    return sender.stop;
  }, [sender]);

  return (
    <QueryClientProvider client={workspace.queryClient}>
      <WorkspaceContext value={workspace}>
        {leaving ? <Leaving /> : <Started />}
        <NoticeArea notices={workspace.notices} />
      </WorkspaceContext>
    </QueryClientProvider>
  );
});

/** Loads the start of the page in one request. If that fails, each part loads itself, and reports its own errors. */
function Started() {
  const workspace = useWorkspace();
  const [started, setStarted] = useState(workspace.filled);

  useEffect(() => {
    if (workspace.filled) return;
    const controller = new AbortController();
    fill(workspace, workspace.api, controller.signal)
      .catch(() => {})
      .finally(() => !controller.signal.aborted && setStarted(true));
    return () => controller.abort();
  }, [workspace]);

  return <Live started={started} />;
}

/** The delay, in milliseconds, before live changes are retried after they have ended or failed. */
const retryDelay = 5_000;

function Live({ started }: { started: boolean }) {
  const queryClient = useQueryClient();
  const { api, user } = useWorkspace();
  const [waiting, setWaiting] = useState(false);
  const live = useLiveChanges(api, { enabled: started && !waiting, user: user.id });
  useLeaveWarning();
  useSettings(started);
  useNewDay(() => void queryClient.invalidateQueries({ predicate: goesStale }));

  useEffect(() => {
    if (live.state === "ended") sessionChanged();
    if (live.state === "live") void queryClient.refetchQueries({ predicate: ({ state }) => state.status === "error" });
    // After a change of the password, only the old session has ended.
    if (live.state !== "failed" && live.state !== "ended") return;
    setWaiting(true);
    const timer = setTimeout(() => setWaiting(false), retryDelay);
    return () => clearTimeout(timer);
  }, [live, queryClient]);

  return <Page started={started} away={live.state === "offline" || live.state === "failed"} />;
}

/** Calls `onDay` when another day begins, because the server counts by day. */
function useNewDay(onDay: () => void): void {
  const call = useEffectEvent(onDay);
  const today = dayAt(useNow((now) => nextChange([], now)));
  const lastDay = useRef(today);
  useEffect(() => {
    if (lastDay.current === today) return;
    lastDay.current = today;
    call();
  }, [today]);
}
