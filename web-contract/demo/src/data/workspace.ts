import { QueryCache, QueryClient } from "@tanstack/react-query";
import { createClient, type Bootstrap, type Client, type Settings } from "@tasklane/web-contract";
import { createQueries, prefetchBootstrap } from "@tasklane/web-contract/react";
import { createContext, useContext } from "react";
import type { User } from "../account/auth";
import { createDrafts } from "../editor/drafts";
import { createEdits } from "../editor/edits";
import { createSelection } from "../select/selection";
import { createNotices } from "../ui/notices";
import { createStore } from "../ui/store";
import { createOutbox } from "./outbox";
import { createListWrites } from "../lists/writes";
import { seedLists } from "./seed";
import { createSender } from "./sender";
import { checkSessionOn } from "./signed-out";
import { followSettings } from "../task/calendar";
import { createSettingsWrites } from "../settings/writes";
import { createUndo } from "./undo";
import { createWrites } from "./writes";

/**
 * The state of the page for one user: loaded data, unsent input, and writes in
 * flight. It survives the session, so that the user can continue after signing in
 * again, and is dropped when another user signs in.
 */
export type Workspace = ReturnType<typeof createWorkspace>;

/** Creates the workspace of a user. */
export function createWorkspace(user: User, settings?: Settings | null) {
  followSettings(settings);
  const queryClient = new QueryClient({
    queryCache: new QueryCache({ onError: checkSessionOn }),
    defaultOptions: {
      // "always": without a connection the page reports it instead of waiting silently.
      // Live changes keep everything up to date; refetching is only for the time of day.
      queries: { networkMode: "always", staleTime: 300_000, refetchOnWindowFocus: false, refetchOnReconnect: false },
    },
  });
  const notices = createNotices();
  const drafts = createDrafts();
  /** A client that reads only this user's data. */
  const api = createClient({ headers: { "expected-user": user.id } });
  const parts = {
    queryClient,
    sender: createSender(user, queryClient, notices),
    outbox: createOutbox(user.id),
    notices,
    undo: createUndo(notices),
  };
  const writes = createWrites({ ...parts, drafts });
  return {
    ...parts,
    user,
    /** Whether its cache was filled before the first rendering. */
    filled: false,
    /** Whether the user has chosen to sign out, which discards the workspace. */
    leaving: createStore(false),
    api,
    queries: createQueries(api),
    drafts,
    selection: createSelection(),
    writes,
    listWrites: createListWrites(parts),
    settingsWrites: createSettingsWrites(parts),
    edits: createEdits({ ...parts, drafts, writes }),
  };
}

/** Fills the cache of a workspace with all that the page needs at its start, in one request. */
export async function fill({ queryClient, queries, api }: Workspace, source: Pick<Client, "getBootstrap"> = api, signal?: AbortSignal): Promise<void> {
  await prefetchBootstrap(queryClient, source, { signal });
  seedLists(queryClient, queries);
}

/** Creates the workspace of the user in a bootstrap response, and fills its cache. */
export async function openWorkspace(bootstrap: Bootstrap): Promise<Workspace> {
  const workspace = { ...createWorkspace(bootstrap.user, bootstrap.settings), filled: true };
  await fill(workspace, { getBootstrap: async () => bootstrap });
  return workspace;
}

export const WorkspaceContext = createContext<Workspace | null>(null);

export function useWorkspace(): Workspace {
  const workspace = useContext(WorkspaceContext);
  if (!workspace) throw new Error("a workspace is used outside of its provider");
  return workspace;
}
