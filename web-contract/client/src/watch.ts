import { ApiError, ConnectionError, isApiError, isTransient } from "./error.js";
import { kindNames } from "./generated/kinds.js";
import type { CallOptions, Open } from "./request.js";
import { backoff, retryAfterOf, wait, type Retry } from "./retry.js";
import type { Change } from "./types.js";

/** connecting: for the first time; live: changes arrive as they happen; offline: the connection broke, and is retried. */
export type WatchState = "connecting" | "live" | "offline";

export interface WatchOptions extends CallOptions {
  /** Called when the state of the connection changes. */
  onState?: ((state: WatchState) => void) | undefined;
}

/** A connection without data for this many milliseconds is dead: the server sends a heartbeat every 15 seconds. */
const maxSilence = 45_000;

/** A connection that lasts this many milliseconds resets the backoff, however it ends. */
const stableAfter = 10_000;

/** Reports whether this version of the client knows the kind. */
export const isKnown = ({ kind }: { kind: string }): boolean => ["settings", ...kindNames].includes(kind);

export async function* watchChanges(
  open: Open,
  retry: Retry,
  after: number,
  { signal, onState }: WatchOptions,
): AsyncGenerator<Change, void, undefined> {
  let failed = 0;
  let seq = after;
  let id = String(after);
  onState?.("connecting");
  for (let first = true; ; first = false) {
    signal?.throwIfAborted();
    const connection = new Connection(signal);
    let useful = false;
    let retryAfter = 0;
    try {
      const response = await open(`/api/events${first ? `?after=${after}` : ""}`, {
        headers: { accept: "text/event-stream", ...(!first && { "last-event-id": id }) },
        cache: "no-store",
        signal: connection.signal,
      });
      for await (const { event, id: eventId, data } of events(response, connection)) {
        if (event === "ready") onState?.("live");
        if (event === "session_ended") throw sessionEnded(response);
        if (event !== "change") continue;
        const change = JSON.parse(data) as Change;
        if (change.seq <= seq) continue;
        seq = change.seq;
        id = eventId || String(seq);
        useful = true;
        if (!isKnown(change)) continue;
        // Nothing is read while the loop handles a change. That does not count as silence.
        connection.lastReceived = NaN;
        yield change;
        connection.lastReceived = Date.now();
      }
    } catch (error) {
      signal?.throwIfAborted();
      if (isApiError(error) && !isTransient(error) && error.status !== 500) throw error;
      retryAfter = retryAfterOf(error) * 1_000;
    } finally {
      connection.close();
    }
    failed = useful || connection.lasted() >= stableAfter ? 1 : failed + 1;
    onState?.("offline");
    await pause(retryAfter + backoff(retry, failed), signal);
  }
}

/** The browser's events when the device goes offline or online. */
const networkEvents = ["offline", "online"];

/** One connection. It is closed when its owner aborts, it goes silent, or the device goes offline or online. */
class Connection {
  /** When data last arrived; NaN, which disables the check for silence, while nothing is read. */
  lastReceived = Date.now();
  readonly #controller = new AbortController();
  readonly #began = Date.now();
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(private readonly owner: AbortSignal | undefined) {
    owner?.addEventListener("abort", this.close);
    for (const event of networkEvents) globalThis.addEventListener?.(event, this.close);
    // Timers stop while a machine sleeps; its clock does not, but may be set back.
    this.#timer = setInterval(() => Math.abs(Date.now() - this.lastReceived) > maxSilence && this.close(), 5_000);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  lasted(): number {
    return Date.now() - this.#began;
  }

  close = (): void => {
    clearInterval(this.#timer);
    this.owner?.removeEventListener("abort", this.close);
    for (const event of networkEvents) globalThis.removeEventListener?.(event, this.close);
    this.#controller.abort();
  };
}

/** Yields the events of a stream until it ends. */
async function* events(response: Response, connection: Connection): AsyncGenerator<Record<"event" | "id" | "data", string>> {
  if (!response.body || !response.headers.get("content-type")?.startsWith("text/event-stream")) {
    throw new ConnectionError("The response is not an event stream.", { status: response.status });
  }
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      connection.lastReceived = Date.now();
      const blocks = (rest + value).split("\n\n");
      rest = blocks.pop()!;
      for (const block of blocks) {
        const field = (name: string) => new RegExp(`^${name}: ?(.*)$`, "m").exec(block)?.[1] ?? "";
        yield { event: field("event"), id: field("id"), data: field("data") };
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

/** Waits, or returns early when the device comes online or the signal is aborted. */
async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  const controller = new AbortController();
  const end = () => controller.abort();
  signal?.addEventListener("abort", end);
  globalThis.addEventListener?.("online", end);
  await wait(milliseconds, controller.signal).catch(() => {});
  globalThis.removeEventListener?.("online", end);
  signal?.removeEventListener("abort", end);
}

function sessionEnded(response: Response): ApiError<"session_expired"> {
  return new ApiError({
    success: false,
    error: "Your session has ended. Sign in again.",
    code: "session_expired",
    status: 401,
    title: "Unauthorized",
    requestId: response.headers.get("x-request-id") ?? "",
  });
}
