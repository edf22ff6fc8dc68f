import type { Change, Client, WatchState } from "../index.js";

/** How many milliseconds a hidden tab keeps its connection. */
const hiddenTimeout = 60_000;

/** A message from the tab with the connection to the others: the number of its last change, and its state or the next change. */
interface Message {
  from: number;
  state?: WatchState;
  change?: Change;
}

interface Options {
  signal: AbortSignal;
  onState: (state: WatchState) => void;
  onChange: (change: Change) => void;
}

/**
 * Watches a user's changes over one connection for all tabs of the browser,
 * because browsers allow only six to a server over HTTP/1.1. The tab that was
 * shown last has the connection and forwards the changes to the others. A tab that
 * has missed a change takes the connection and continues from its own number. A
 * hidden tab closes it after a minute, and takes none until it is shown. Without
 * a user, or if the browser has no locks or denies them, as on pages without
 * https, each tab has its own connection.
 *
 * Rejects with the reason of the signal, or the error that ended the watch.
 */
export function watchShared(
  client: Pick<Client, "watchChanges">,
  user: string | undefined,
  after: number,
  { signal, onState, onChange }: Options,
): Promise<void> {
  const name = `tasklane.changes.${user}`;
  const locks = user ? globalThis.navigator?.locks : undefined;
  const channel = locks && new BroadcastChannel(name);
  const page = globalThis.document as Document | undefined;
  let seq = after;
  let connected = false;
  /** Ends the connection, or the wait for it. */
  let attempt: AbortController | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  return new Promise((_, reject) => {
    const send = (message: Message) => channel?.postMessage(message);

    const receive = (change: Change) => {
      if (change.seq <= seq) return;
      seq = change.seq;
      onChange(change);
    };

    const watch = async (own: AbortController) => {
      if (own.signal.aborted) return;
      connected = true;
      try {
        const tell = (state: WatchState) => {
          if (own.signal.aborted) return;
          onState(state);
          send({ from: seq, state });
        };
        for await (const change of client.watchChanges(seq, { signal: own.signal, onState: tell })) {
          send({ from: seq, change });
          receive(change);
        }
      } catch (error) {
        if (!own.signal.aborted) end(error);
      } finally {
        if (attempt === own) connected = false;
      }
    };

    /** Takes the connection at once, or when the tab that has it gives it up. */
    const acquire = (atOnce: boolean) => {
      attempt?.abort();
      connected = false;
      const own = (attempt = new AbortController());
      const run = () => watch(own);
      if (!locks) return void run();
      const options = atOnce ? { steal: true } : { signal: own.signal };
      // Aborted: by this tab, or by another one that has taken the lock. Otherwise the browser denies locks.
      locks.request(name, options, run).catch((error: Error) => {
        if (error.name !== "AbortError") void run();
        else if (!own.signal.aborted) acquire(false);
      });
    };

    const show = () => {
      clearTimeout(timer);
      if (page?.hidden) timer = setTimeout(() => attempt?.abort(), hiddenTimeout);
      else if (!connected) acquire(true);
    };

    const end = (error: unknown) => {
      attempt?.abort();
      clearTimeout(timer);
      channel?.close();
      page?.removeEventListener("visibilitychange", show);
      signal.removeEventListener("abort", stop);
      reject(error);
    };
    const stop = () => end(signal.reason);

    if (signal.aborted) return stop();
    signal.addEventListener("abort", stop);
    page?.addEventListener("visibilitychange", show);
    channel?.addEventListener("message", ({ data: { from, state, change } }: MessageEvent<Message>) => {
      // Also while connected: another tab may have just taken the connection, before the change arrived on it here.
      if (from <= seq) change && receive(change);
      else if (!connected && !attempt?.signal.aborted) acquire(true);
      if (state && !connected) onState(state);
    });
    if (page?.hidden) acquire(false);
    show();
  });
}
