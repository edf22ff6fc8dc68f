import { newKey } from "@tasklane/web-contract/react";
import { readItem, storedKeys, writeItem } from "../ui/storage";
import { createStore } from "../ui/store";

const prefix = "tasklane.outbox.";

/** A write without a response, as it is stored in the browser under its idempotency key. */
interface Entry {
  /** The user's id. Pages of other users neither show nor send the write. */
  user: string;
  /** The page that sends it. */
  holder: string;
  /** When the write was made, in milliseconds since 1970. Writes of a user are sent in this order. */
  at: number;
  /** Which write it is, and its arguments. */
  name: string;
  args: unknown[];
}

type Send = (key: string, ...args: never[]) => Promise<boolean>;

export type Outbox = ReturnType<typeof createOutbox>;

/**
 * Stores a user's writes in the browser until the server has responded. If a page is
 * closed before that, another page of the user sends its writes, with the same keys,
 * so that each is applied once.
 */
export function createOutbox(user: string) {
  const holder = newKey();
  const sends = new Map<string, Send>();
  /** The keys of writes that other pages of this user have not sent yet. */
  const foreign = createStore<ReadonlySet<string>>(new Set());
  /** The keys of writes that could not be stored. */
  const unstored = createStore<ReadonlySet<string>>(new Set());
  /** When the last write was made. The clock may have been set back since. */
  let lastWriteAt = Math.max(0, ...entriesOf(user).map(([, { at }]) => at));

  function store(key: string, entry: Entry): void {
    if (!writeItem(prefix + key, JSON.stringify(entry))) unstored.set(new Set(unstored.get()).add(key));
  }

  function send(key: string, { name, args }: Entry): Promise<boolean> {
    const deleteEntry = () => {
      writeItem(prefix + key, undefined);
      unstored.set(without(unstored.get(), key));
    };
    return sends.get(name)!(key, ...(args as never[])).finally(deleteEntry);
  }

  /** Returns a function whose calls are stored until `write` has settled; it resolves to whether the write was saved. */
  function persisted<Args extends unknown[]>(name: string, write: (key: string, ...args: Args) => Promise<boolean>) {
    sends.set(name, write as unknown as Send);
    return (...args: Args): { key: string; saved: Promise<boolean> } => {
      const key = newKey();
      lastWriteAt = Math.max(Date.now(), lastWriteAt + 1);
      const entry = { user, holder, at: lastWriteAt, name, args };
      store(key, entry);
      return { key, saved: send(key, entry) };
    };
  }

  /** Replaces a draft's id by the id of the created resource, in all stored writes. */
  function rename(draftId: string, id: string): void {
    for (const [key, entry] of entriesOf(user)) {
      const text = JSON.stringify(entry);
      const renamed = text.replaceAll(draftId, id);
      if (renamed !== text) store(key, JSON.parse(renamed) as Entry);
    }
  }

  /** Sends the writes of a page that was closed. */
  function adopt(from: string): void {
    for (const [key, entry] of entriesOf(user)) {
      if (entry.holder !== from || !sends.has(entry.name)) continue;
      foreign.set(without(foreign.get(), key));
      store(key, { ...entry, holder });
      void send(key, entry);
    }
  }

  /** Holds a lock while this page sends its writes, and sends those of other pages once their locks are free. Returns a function that ends both. */
  function open(): () => void {
    const closed = new AbortController();
    const { signal } = closed;
    const awaited = new Set([holder]);
    const lock = (name: string, run: () => unknown) =>
      navigator.locks.request(prefix + name, { signal }, run as () => Promise<void>).catch(() => {});

    function follow(key: string, { holder: other }: Entry): void {
      if (other === holder) return;
      foreign.set(new Set(foreign.get()).add(key));
      if (awaited.has(other)) return;
      awaited.add(other);
      // The lock of a page is free once the page is gone.
      void lock(other, () => adopt(other));
    }

    function onStorage({ key: name, newValue }: StorageEvent): void {
      if (!name?.startsWith(prefix)) return;
      const entry = parse(newValue);
      const key = name.slice(prefix.length);
      if (entry?.user === user) follow(key, entry);
      else foreign.set(without(foreign.get(), key));
    }

    if (!navigator.locks) {
      // Pages without https have no locks. Several may send a write, which is applied once because its key is the same.
      for (const [, entry] of entriesOf(user)) if (entry.holder !== holder) adopt(entry.holder);
      return () => {};
    }
    void lock(holder, () => new Promise<void>((done) => signal.addEventListener("abort", () => done())));
    for (const [key, entry] of entriesOf(user)) follow(key, entry);
    addEventListener("storage", onStorage);
    return () => {
      closed.abort();
      removeEventListener("storage", onStorage);
    };
  }

  /** Deletes all unsent writes of this user. */
  function clear(): void {
    for (const [key] of entriesOf(user)) writeItem(prefix + key, undefined);
  }

  return { foreign, unstored, persisted, rename, open, clear };
}

function without(keys: ReadonlySet<string>, key: string): ReadonlySet<string> {
  if (!keys.has(key)) return keys;
  return new Set([...keys].filter((other) => other !== key));
}

/** The stored writes of a user in the order in which they were made. */
function entriesOf(user: string): [key: string, entry: Entry][] {
  return storedKeys(prefix)
    .flatMap((name): [string, Entry][] => {
      const entry = parse(readItem(name));
      return entry?.user === user ? [[name.slice(prefix.length), entry]] : [];
    })
    .toSorted(([, a], [, b]) => a.at - b.at);
}

function parse(text: string | null | undefined): Entry | undefined {
  try {
    return (JSON.parse(text ?? "null") as Entry | null) ?? undefined;
  } catch {
    return undefined;
  }
}
