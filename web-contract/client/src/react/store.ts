import { replaceEqualDeep, type Query, type QueryClient } from "@tanstack/react-query";
import { kindNames } from "../generated/kinds.js";
import type { Change } from "../index.js";
import { attach, cascade, clearFlags, ownerId } from "./relations.js";
import { isDraftId, type Plan, type Resources } from "./edits.js";
import { taskKeys } from "./keys.js";
import type { Item, KindName, ListedResource, LookUp, Relation } from "./kind.js";
import { isSameContent, rules } from "./kinds.js";
import { itemsOf, place, type Pages } from "./pages.js";
import { WriteQueue } from "./write-queue.js";

/** The current state of a resource on the server; null data means that it was erased. */
export type State = Pick<Extract<Change, { kind: KindName }>, "kind" | "id" | "data">;

interface Known {
  kind: KindName;
  /** The newest version that the server has sent; null if it was erased. */
  item: Item | null;
  /** The predicted state after a change of its owner or of a resource that it owns, until the server sends the real one. */
  predicted?: Item | null;
  /** When a write or a live change confirmed or predicted it; 0 if it was only read. */
  time: number;
}

/** A resource in the response to a write. */
export type Result = State & {
  /** Whether it was created from a draft. These are in the order of the drafts. */
  isNew?: boolean;
};

const stores = new WeakMap<QueryClient, Store>();

/** Returns the store beside a query client's cache. */
export function storeOf(queryClient: QueryClient): Store {
  let store = stores.get(queryClient);
  if (!store) stores.set(queryClient, (store = new Store(queryClient)));
  return store;
}

/** Returns a React key for a resource, which stays the same when its draft becomes a resource. */
export function itemKey(queryClient: QueryClient, { id }: Pick<Item, "id">): string {
  return storeOf(queryClient).keyOf(id);
}

/** Returns the cached state of a resource, or of the resource that a draft has become; the given one if it is gone. */
export function cachedItem<Data extends Item>(queryClient: QueryClient, item: Data): Data {
  const store = storeOf(queryClient);
  return (store.view(store.idOf(item.id)) as Data | null | undefined) ?? item;
}

/** The states that a write or a change reads, and those that it changes. */
interface Layer {
  get: LookUp;
  set: (id: string, item: Item | null) => void;
}

/**
 * Keeps the confirmed state of each resource apart from pending writes, and
 * applies the writes to it in the cache, with their effects on other resources. So
 * responses may arrive in any order: the newest version wins, and a failed write
 * rolls back only its own changes.
 */
export class Store implements Resources {
  readonly #queryClient: QueryClient;
  readonly #known = new Map<string, Known>();
  /** The pending writes in their order, each with the ids of all that it changes. */
  readonly #writes = new Map<Plan, Set<string>>();
  /** The resources as pending writes change them. */
  readonly #pending = new Map<string, Item | null>();
  /** The ids of the resources that have had an owner, by the owner's id. */
  readonly #owned = new Map<string, Set<string>>();
  /** The draft's id of each resource that was created here, by the resource's id. */
  readonly #draftIds = new Map<string, string>();
  /** The resource's id, by the draft's. */
  readonly #itemIds = new Map<string, string>();
  /** The version that a write of this client has made from an older one, by id and older version. */
  readonly #ownVersions = new Map<string, number>();
  /** The drafts whose creation has no response yet. */
  readonly #drafts = new Map<string, ListedResource>();
  /** Resources that may be one of the drafts: hidden until the response to its creation arrives. */
  readonly #hidden = new Set<string>();
  #clock = 0;

  /** The change number from which on changes arrive live. Older reads may lack some. */
  liveSince = 0;
  /** The number of the last live change. */
  position: number | undefined;
  readonly queue = new WriteQueue();

  constructor(queryClient: QueryClient) {
    this.#queryClient = queryClient;
  }

  /** Returns a moment in the order of events in this store. */
  now(): number {
    return ++this.#clock;
  }

  /** Returns the resource with all edits: null if it is gone, undefined if it is not known. */
  view = (id: string): Item | null | undefined => {
    if (this.#hidden.has(id)) return null;
    const item = this.#pending.get(id);
    return item === undefined ? this.#base(id) : item;
  };

  /** Returns the resource without pending writes. */
  #base = (id: string): Item | null | undefined => {
    const { item, predicted = item } = this.#known.get(id) ?? {};
    return isDraftId(id) ? null : predicted;
  };

  /** Returns a key that stays the same when a draft becomes a resource. */
  keyOf(id: string): string {
    return this.#draftIds.get(id) ?? id;
  }

  /** Returns the server's id for that of a draft which has been created, and any other id unchanged. */
  idOf = (id: string): string => this.#itemIds.get(id) ?? id;

  /** Returns the known resources of a kind, with all edits. */
  all = (kind: KindName): Item[] =>
    [...this.#known, ...this.#drafts].flatMap(([id, known]) => (known.kind === kind && this.view(id)) || []);

  /** Returns the newest version that the server has sent. */
  confirmed(id: string): Item | undefined {
    return this.#known.get(id)?.item ?? undefined;
  }

  /** Records that a write of this client made one version from another, if it changed only what the write changes. */
  recordOwnWrite(kind: KindName, before: Item, expected: Item, after: Item): void {
    if (after.version > before.version && isSameContent(kind, expected, after)) {
      this.#ownVersions.set(`${before.id} ${before.version}`, after.version);
    }
  }

  /**
   * Returns the version that this client's writes have made from this one. It can
   * replace this one in a precondition, because the user has seen all versions in between.
   */
  latestOwnVersion(id: string, version: number | undefined): number | undefined {
    let newer: number | undefined;
    while ((newer = this.#ownVersions.get(`${id} ${version}`)) !== undefined) version = newer;
    return version;
  }

  /** Stores resources that were read from `since` on, and updates lists that have older versions. */
  read(kind: KindName, items: readonly Item[], since: number): void {
    const renewed = items.flatMap((item) => (this.#record(kind, item, since) ? item.id : []));
    this.#show(renewed, items.map(({ id }) => id));
  }

  /** Stores the states that a write or live changes have made, in their order, and updates the cache for these and for `others`. */
  apply(states: readonly State[], others: Iterable<string> = []): void {
    const ids = new Set([...others, ...states.map(({ id }) => id)]);
    const set = (id: string, item: Item | null) => {
      ids.add(id);
      const known = this.#known.get(id);
      if (known) this.#known.set(id, { ...known, predicted: item, time: this.now() });
    };
    for (const { kind, id, data } of states) {
      // The response to a batch may have kinds that this version does not know.
      if (!rules[kind]) continue;
      // Each has its own moment: a state replaces what an earlier one of the same call has predicted.
      const time = this.now();
      const before = this.#base(id);
      if (data) this.#record(kind, data, time, time);
      else this.#known.set(id, { kind, item: null, time });
      this.#cascade(before, this.#base(id), kind, { get: this.#base, set });
    }
    this.#show(ids);
  }

  /** Moves resources back into the trash if a prediction older than `arrival` has restored them with their owner: the feed would have sent them. */
  confirm = (arrival: number): void =>
    this.apply(
      [...this.#known].flatMap(([id, { kind, item, predicted, time }]) => (predicted?.deletedAt === null && item?.deletedAt && time < arrival ? ({ kind, id, data: item } as State) : [])),
    );

  /** Shows a write. Returns the ids of all that it changes, and a function that replaces the write by the results in its response, or rolls it back. */
  edit(plan: Plan): { ids: ReadonlySet<string>; settle: (results?: readonly Result[]) => void } {
    const { edits, drafts } = plan;
    const ids = new Set([...edits.map(([id]) => this.idOf(id)), ...drafts.map(({ data }) => data.id)]);
    for (const draft of drafts) this.#drafts.set(draft.data.id, draft);
    if (edits.some(([id]) => !this.#known.has(this.idOf(id)))) this.#loadCached();
    this.#writes.set(plan, ids);
    this.#show([], ids);
    const settle = (results: readonly Result[] = []) => {
      const created = results.filter(({ isNew }) => isNew);
      drafts.forEach(({ data }, index) => this.#settleDraft(data.id, created[index]?.data));
      this.#writes.delete(plan);
      const hidden = [...this.#hidden];
      for (const id of hidden) if (!this.#matchesDraft(this.#known.get(id)?.kind, this.confirmed(id))) this.#hidden.delete(id);
      const waiting = drafts.flatMap(({ data }) => [...(this.#owned.get(data.id) ?? [])]);
      this.apply(results, [...hidden, ...ids, ...waiting]);
    };
    return { ids, settle };
  }

  /** Returns a list as it was read, with the changes and pending writes since then. */
  list(kind: KindName, list: Pages, filters: object, since: number): Pages {
    const late = new Set(this.#pending.keys());
    for (const [id, { time }] of this.#known) if (time > since) late.add(id);
    for (const { id, version } of itemsOf(list)) {
      if (this.#hidden.has(id) || this.confirmed(id)?.version !== version) late.add(id);
    }
    return this.#placeAll(list, kind, filters, late);
  }

  /**
   * Replays all pending writes that affect these resources, directly or through
   * other writes, and returns the ids of the resources that were written again,
   * which may now be in other lists.
   */
  #replay(around: Iterable<string>): string[] {
    const affected = new Set(around);
    for (const id of around) {
      const item = this.#base(id);
      for (const [owner] of item ? this.#ownersOf(item, this.#kindOf(id)!) : []) affected.add(owner);
    }
    const before = new Map(this.#pending);
    for (let size = -1; affected.size > size; ) {
      size = affected.size;
      const writes = [...this.#writes].filter(([, ids]) => [...ids].some((id) => affected.has(id)));
      for (const [, ids] of writes) for (const id of ids) affected.add(id);
      for (const id of affected) this.#pending.delete(id);
      for (const [{ edits, drafts }, ids] of writes) {
        const set = (id: string, item: Item | null) => {
          ids.add(id);
          affected.add(id);
          this.#pending.set(id, item);
        };
        const layer = { get: this.view, set };
        for (const { kind, data } of drafts) this.#write(undefined, data, kind, layer);
        for (const [id, edit] of edits) {
          const item = this.view(this.idOf(id));
          if (item) this.#write(item, edit(item, this), this.#kindOf(item.id)!, layer);
        }
      }
    }
    return [...affected].filter((id) => before.get(id) !== this.#pending.get(id));
  }

  /** Changes a resource, and applies the effects on others. */
  #write(before: Item | undefined, after: Item | null, kind: KindName, layer: Layer): void {
    for (const relation of rules[kind].relations) after &&= attach(after, relation, layer.get);
    layer.set((after ?? before!).id, after);
    this.#cascade(before, after, kind, layer);
  }

  /** Applies the effects of a change of a resource to those that it owns, and to its owners. */
  #cascade(before: Item | null | undefined, after: Item | null | undefined, kind: KindName, layer: Layer): void {
    if (before === after) return;
    for (const id of (before && this.#owned.get(before.id)) ?? []) {
      const item = layer.get(id);
      if (!item) continue;
      const owned = this.#kindOf(id)!;
      for (const relation of rules[owned].relations) {
        if (ownerId(item, relation) !== before!.id) continue;
        const next = cascade(item, before!, after, relation);
        if (next === item) continue;
        layer.set(id, next);
        this.#cascade(item, next, owned, layer);
      }
    }
    for (const [id, relation] of after ? this.#ownersOf(after, kind) : []) {
      const owner = layer.get(id);
      const next = owner && clearFlags(owner, after!, relation);
      if (next === owner) continue;
      layer.set(id, next!);
      this.#cascade(owner, next, this.#kindOf(id)!, layer);
    }
  }

  /** Returns the ids of a resource's owners, and records that they own it. */
  #ownersOf(item: Item, kind: KindName): [id: string, relation: Relation][] {
    return rules[kind].relations.flatMap((relation) => {
      const id = ownerId(item, relation);
      if (!id) return [];
      this.#owned.set(id, (this.#owned.get(id) ?? new Set()).add(item.id));
      return [[id, relation]];
    });
  }

  #kindOf(id: string): KindName | undefined {
    return (this.#drafts.get(id) ?? this.#known.get(id))?.kind;
  }

  /** Stores the resources in the cache that were not read here, such as those of a page rendered on a server. */
  #loadCached(): void {
    for (const kind of kindNames) {
      for (const [[, , name], data] of this.#queryClient.getQueriesData({ queryKey: [...taskKeys.all, kind] })) {
        const items = name === "list" ? itemsOf(data as Pages) : name === "item" && data ? [data as Item] : [];
        for (const item of items) this.#record(kind, item, 0);
      }
    }
  }

  /** Stores a state unless it is older than the known one. Reports whether it replaced another. */
  #record(kind: KindName, item: Item, since: number, time?: number): boolean {
    const known = this.#known.get(item.id);
    const isPredicted = known?.predicted !== undefined;
    const newer = item.version - (known ? (known.item?.version ?? Infinity) : 0);
    if (newer < 0 || (newer === 0 && isPredicted && since <= known.time)) return false;
    if (!known && this.#matchesDraft(kind, item)) this.#hidden.add(item.id);
    this.#known.set(item.id, { kind, item, time: time ?? known?.time ?? 0 });
    this.#ownersOf(item, kind);
    return known !== undefined && (newer > 0 || isPredicted);
  }

  #settleDraft(id: string, item: Item | null | undefined): void {
    this.#drafts.delete(id);
    if (!item) return;
    this.#draftIds.set(item.id, id);
    this.#itemIds.set(id, item.id);
    this.queue.rename(id, item.id);
    this.#ownVersions.set(`${item.id} 0`, item.version);
    this.#hidden.delete(item.id);
  }

  #matchesDraft(kind: KindName | undefined, item: Item | undefined): boolean {
    if (!kind || item?.version !== 1 || this.#draftIds.has(item.id)) return false;
    return [...this.#drafts.values()].some((draft) => draft.kind === kind && isSameContent(kind, draft.data, item));
  }

  /** Brings everything in the cache up to date with these resources. */
  #show(changed: Iterable<string>, around = changed): void {
    const ids = new Set([...changed, ...this.#replay(around)]);
    if (ids.size === 0) return;
    for (const kind of kindNames) {
      for (const query of this.#queryClient.getQueryCache().findAll({ queryKey: [...taskKeys.all, kind] })) {
        const [, , name, detail] = query.queryKey as [string, KindName, string, unknown];
        const update = rules[kind].views[name];
        if (name === "list") this.#change<Pages>(query, (list) => this.#placeAll(list, kind, detail as object, ids));
        else if (name === "item" && ids.has(detail as string)) this.#change<Item>(query, (item) => this.view(item.id) ?? item);
        else if (update) this.#change(query, (view) => update(view as never, this.view));
      }
    }
  }

  #placeAll(list: Pages, kind: KindName, filters: object, ids: ReadonlySet<string>): Pages {
    const own = new Set([...ids].filter((id) => (this.#kindOf(id) ?? kind) === kind));
    return place(list, kind, filters, own, this.view);
  }

  /** Changes the data of a query, which stays as old, and as stale, as it was. */
  #change<Data>(query: Query, change: (data: Data) => unknown): void {
    const { data, dataUpdatedAt, isInvalidated } = query.state;
    if (data === undefined) return;
    const changed = replaceEqualDeep(data, change(data as Data));
    if (changed === data) return;
    this.#queryClient.setQueryData(query.queryKey, changed, { updatedAt: dataUpdatedAt });
    if (isInvalidated) query.invalidate();
  }
}
