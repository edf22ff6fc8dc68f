import type { QueryClient } from "@tanstack/react-query";
import { createClient, type Bootstrap, type Client, type Settings } from "@tasklane/web-contract";
import { createQueries, prefetchBootstrap, type Queries } from "@tasklane/web-contract/react";
import { createContext, useContext } from "react";
import type { User } from "../account/auth";
import { createDrafts, type Drafts } from "../editor/drafts";
import { createEdits, type Edits } from "../editor/edits";
import { createSelection, type Selection } from "../select/selection";
import { createNotices, type Notices } from "../ui/notices";
import { createStore, type Store } from "../ui/store";
import { createQueryClient } from "./query-client";
import { createOutbox, type Outbox } from "./outbox";
import { createListWrites, type ListWrites } from "../lists/writes";
import { seedLists } from "./seed";
import { createSender, type Sender } from "./sender";
import { followSettings } from "../task/calendar";
import { createSettingsWrites, type SettingsWrites } from "../settings/writes";
import { createUndo, type Undo } from "./undo";
import { createWrites, type Writes } from "./writes";

/**
 * The state of the page for one user: loaded data, unsent input, and writes in
 * flight. It survives the session, so that the user can continue after signing in
 * again, and is dropped when another user signs in.
 */
export interface Workspace {
  user: User;
  /** Whether its cache was filled before the first rendering. */
  filled: boolean;
  /** Whether the user has chosen to sign out, which discards the workspace. */
  leaving: Store<boolean>;
  /** A client that reads only this user's data. */
  api: Client;
  queries: Queries;
  queryClient: QueryClient;
  notices: Notices;
  drafts: Drafts;
  selection: Selection;
  sender: Sender;
  outbox: Outbox;
  undo: Undo;
  writes: Writes;
  listWrites: ListWrites;
  settingsWrites: SettingsWrites;
  edits: Edits;
}

/** Creates the workspace of a user. */
export function createWorkspace(user: User, settings?: Settings | null): Workspace {
  followSettings(settings);
  const queryClient = createQueryClient();
  const notices = createNotices();
  const drafts = createDrafts();
  const api = createClient({ headers: { "expected-user": user.id } });
  const queries = createQueries(api);
  const sender = createSender(user, queryClient, notices);
  const outbox = createOutbox(user.id);
  const undo = createUndo(notices);
  const writes = createWrites({ queryClient, sender, outbox, notices, undo, drafts });
  const listWrites = createListWrites({ queryClient, sender, outbox, notices, undo });
  const settingsWrites = createSettingsWrites({ queryClient, sender, outbox, undo });
  const edits = createEdits({ queryClient, sender, outbox, notices, undo, drafts, writes });
  const selection = createSelection();
  const leaving = createStore(false);
  return {
    user,
    filled: false,
    leaving,
    api,
    queries,
    queryClient,
    notices,
    drafts,
    selection,
    sender,
    outbox,
    undo,
    writes,
    listWrites,
    settingsWrites,
    edits,
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
