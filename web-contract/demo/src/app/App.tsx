import { useEffect, useState } from "react";
import { AccountPage, isPage } from "../account/AccountPage";
import { shareUser, useSession } from "../account/auth";
import { createWorkspace, type Workspace } from "../data/workspace";
import { rememberSignedIn } from "../start";
import { ErrorState } from "../ui/ErrorState";
import { lazy } from "../ui/lazy";
import { tabMap } from "../ui/storage";
import { clearQueries } from "./route";
import { clearScroll } from "./scroll";
import { SignedIn } from "./SignedIn";

const DevicePage = lazy(async () => (await import("../account/DevicePage")).DevicePage, false);
const ResetPage = lazy(async () => (await import("../account/ResetPage")).ResetPage, false);

/** The delay, in milliseconds, before the page retries its first request for the session. A browser test leaves out timers of exactly this delay. */
const retryDelay = 5_000;

/** The id of the user to whom the filters and scroll positions of this tab belong, as its owner. */
const tab = tabMap<string | undefined>("tasklane.tab");

interface Props {
  /** The workspace of the user who was signed in at the start of the page. */
  opened: Workspace | undefined;
}

/** Shows the tasks of the signed-in user, or the page to sign in. */
export function App({ opened }: Props) {
  const { data: session, isPending, error, refetch } = useSession();
  const [workspace, setWorkspace] = useState(opened);

  // Better Auth checks the session again whenever the window gets the focus. The page
  // waits only for the first response, because a half-filled form must not disappear.
  const [known, setKnown] = useState(false);
  if (!known && !isPending && !error) setKnown(true);

  // Stays true during retries, so that the error does not flicker.
  const [unreachable, setUnreachable] = useState(false);
  if (error && !unreachable) setUnreachable(true);
  useEffect(() => {
    if (known || !error) return;
    const timer = setTimeout(() => void refetch(), retryDelay);
    return () => clearTimeout(timer);
  }, [known, error, refetch]);

  const user = known ? session?.user : opened?.user;
  const id = user?.id ?? null;
  useEffect(() => {
    if (!known) return;
    rememberSignedIn(id !== null);
    return shareUser(id);
  }, [known, id]);

  if (user && workspace?.user.id !== user.id) setWorkspace(createWorkspace(user));
  if (!user && known && workspace?.leaving.get()) setWorkspace(undefined);
  useEffect(() => workspace?.outbox.open(), [workspace]);

  // Another user must not see the filters and scroll positions of the last one, also after a reload.
  const owner = workspace?.user.id;
  useEffect(() => {
    if (!owner && !known) return;
    if ((tab.get("owner") ?? owner) !== owner) {
      clearQueries();
      clearScroll();
    }
    tab.set("owner", owner);
  }, [owner, known]);

  if (isPage("reset")) return <ResetPage />;
  if (user && isPage("device")) return <DevicePage user={user} />;
  if (user) return workspace && <SignedIn key={user.id} workspace={workspace} />;
  if (known) return <AccountPage interrupted={workspace?.user} />;
  if (unreachable) {
    return (
      <main className="centered">
        <ErrorState
          alone
          title="We cannot reach Tasklane."
          detail="Check your connection. The page opens as soon as Tasklane can be reached."
          action="Try again"
          onAction={() => void refetch()}
        />
      </main>
    );
  }
  return (
    <main className="centered" aria-busy="true">
      <p className="loading-note">Opening Tasklane…</p>
    </main>
  );
}
