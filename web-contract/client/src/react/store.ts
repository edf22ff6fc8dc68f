import { replaceEqualDeep, type Query, type QueryClient } from "@tanstack/react-query";
import { kindNames } from "../generated/kinds.js";
import type { Change } from "../index.js";
import { isDraftId, type Edit, type Plan } from "./edits.js";
import { keysOf, taskKeys } from "./keys.js";
import type { Item, KindName, ListedResource } from "./kind.js";
import { isSameContent, rules } from "./kinds.js";
import { itemsOf, place, type Pages } from "./pages.js";
import { Turns } from "./turns.js";

/** A resource as the server says it is now; null data means that it was erased. */
export type State = Pick<Extract<Change, { kind: KindName }>, "kind" | "id" | "data">;

interface Known {
  kind: KindName;
  /** The newest version that the server has sent; null if it was erased. */
  item: Item | null;
  /** When a write or a live change brought it; 0 if only readings did. */
  at: number;
}

/** The answer to a write. */
export interface Answer {
  states?: readonly State[];
  /** The resources that the server made from the drafts, in their order. */
  created?: readonly ListedResource[];
}

const stores = new WeakMap<QueryClient, Store>();

/** Returns the store beside a query client's cache. */
export function storeOf(queryClient: QueryClient): Store {
  let store = stores.get(queryClient);
  if (!store) stores.set(queryClient, (store = new Store(queryClient)));
  return store;
}

/** Returns a key for React that a resource keeps when the server gives it its id. */
export function itemKey(queryClient: QueryClient, { id }: Pick<Item, "id">): string {
  return storeOf(queryClient).keyOf(id);
}

/** Returns a resource, or what a draft has become, as the cache shows it now; as it was given, if it is gone. */
export function latest<Data extends Item>(queryClient: QueryClient, item: Data): Data {
  const store = storeOf(queryClient);
  return (store.view(store.idOf(item.id)) as Data | null | undefined) ?? item;
}

/**
 * Keeps the confirmed state of each resource apart from pending writes, and
 * shows the writes on top of it in the cache. So answers may arrive in any
 * order: the newest version wins, and a failed write takes back its own edit
 * only.
 */
export class Store {
  readonly #queryClient: QueryClient;
  readonly #known = new Map<string, Known>();
  readonly #edits = new Map<string, Map<object, Edit>>();
  /** The draft's id of each resource that was created here, by the resource's id. */
  readonly #draftIds = new Map<string, string>();
  /** The resource's id, by the draft's. */
  readonly #itemIds = new Map<string, string>();
  /** The version that a write of ours has made of another, by id and version. */
  readonly #made = new Map<string, number>();
  /** Drafts that the server has not answered for. */
  readonly #drafts = new Map<string, ListedResource>();
  /** Resources that may be one of the drafts: hidden until its answer tells. */
  readonly #held = new Set<string>();
  #clock = 0;

  /** The change number from which on changes arrive live; readings from before it may lack some. */
  liveSince = 0;
  /** The number of the last live change. */
  position: number | undefined;
  readonly turns = new Turns();

  constructor(queryClient: QueryClient) {
    this.#queryClient = queryClient;
  }

  /** Returns a moment in the order of events in this store. */
  now(): number {
    return ++this.#clock;
  }

  /** Returns the resource with all edits: null if it is gone, undefined if it is not known. */
  view = (id: string): Item | null | undefined => {
    let item = this.#held.has(id) ? null : isDraftId(id) ? (this.#drafts.get(id)?.data ?? null) : this.#known.get(id)?.item;
    for (const edit of this.#edits.get(id)?.values() ?? []) item &&= edit(item);
    return item;
  };

  /** Returns the same key before and after the server has named a new resource. */
  keyOf(id: string): string {
    return this.#draftIds.get(id) ?? id;
  }

  /** Returns the id of the resource that a draft has become; any other id is its own. */
  idOf(id: string): string {
    return this.#itemIds.get(id) ?? id;
  }

  /** Returns the known resources of a kind, with all edits. */
  all(kind: KindName): Item[] {
    const ids = [...this.#known, ...this.#drafts].filter(([, known]) => known.kind === kind).map(([id]) => id);
    return ids.map(this.view).filter((item) => item !== null && item !== undefined);
  }

  /** Returns the newest version that the server has sent. */
  confirmed(id: string): Item | undefined {
    return this.#known.get(id)?.item ?? undefined;
  }

  /** Remembers that a write of ours made one version from another, if it changed nothing but what we asked for. */
  madeFrom(kind: KindName, before: Item, expected: Item, after: Item): void {
    if (after.version > before.version && isSameContent(kind, expected, after)) {
      this.#made.set(`${before.id} ${before.version}`, after.version);
    }
  }

  /**
   * Returns the version that our own writes have made from this one. It can
   * replace this one in a condition: the user has seen everything in between.
   */
  latestOwn(id: string, version: number): number {
    let newer: number | undefined;
    while ((newer = this.#made.get(`${id} ${version}`)) !== undefined) version = newer;
    return version;
  }

  /** Takes in what was read. Other lists that had an older version are updated. */
  read(kind: KindName, items: readonly Item[]): void {
    const renewed = items.filter((item) => {
      const known = this.#known.get(item.id);
      return this.#learn(kind, item, known?.at ?? 0) && known;
    });
    this.#show(renewed.map(({ id }) => id));
  }

  /** Takes in what a write or a live change has just done. */
  told(states: readonly State[]): void {
    for (const { kind, id, data } of states) {
      if (data) this.#learn(kind, data, this.now());
      else this.#known.set(id, { kind, item: null, at: this.now() });
    }
    this.#show(states.map(({ id }) => id));
  }

  /** Shows a write. The function that it returns replaces the write by its answer, or takes it back. */
  edit({ edits, drafts }: Plan): (answer?: Answer) => void {
    const write = {};
    for (const draft of drafts) this.#drafts.set(draft.data.id, draft);
    for (const [name, edit] of edits) {
      const id = this.idOf(name);
      if (!this.#known.has(id)) this.#adopt(id);
      const all = this.#edits.get(id) ?? new Map<object, Edit>();
      this.#edits.set(id, all.set(write, edit));
    }
    const ids = () => [...[...edits.keys()].map((id) => this.idOf(id)), ...drafts.map(({ data }) => data.id)];
    this.#show(ids());
    return ({ states = [], created = [] } = {}) => {
      drafts.forEach(({ data }, index) => this.#settleDraft(data.id, created[index]?.data));
      for (const id of edits.keys()) this.#dropEdit(this.idOf(id), write);
      const released = [...this.#held].filter((id) => !this.#isLikeDraft(this.#known.get(id)?.kind, this.confirmed(id)));
      for (const id of released) this.#held.delete(id);
      this.told(states);
      this.#show([...ids(), ...released]);
    };
  }

  /** Returns a list as it was read, with what has happened since a moment. */
  list(kind: KindName, list: Pages, filters: object, since: number): Pages {
    const late = new Set([...this.#drafts.keys(), ...this.#edits.keys()]);
    for (const [id, { at }] of this.#known) if (at > since) late.add(id);
    for (const { id, version } of itemsOf(list)) {
      if (this.#held.has(id) || this.confirmed(id)?.version !== version) late.add(id);
    }
    return this.#placeAll(list, kind, filters, late);
  }

  /** Takes over a resource that is in the cache though it was not read here, such as from a server's page. */
  #adopt(id: string): void {
    for (const kind of kindNames) {
      const lists = this.#queryClient.getQueriesData<Pages>({ queryKey: keysOf(kind).lists });
      const single = this.#queryClient.getQueryData<Item>(keysOf(kind).item(id));
      for (const item of [...lists.flatMap(([, list]) => itemsOf(list)), single]) {
        if (item?.id === id) this.#learn(kind, item, 0);
      }
    }
  }

  /** Keeps a version that is newer than the known one, and reports whether it was. */
  #learn(kind: KindName, item: Item, at: number): boolean {
    const known = this.#known.get(item.id);
    if (known && (known.item === null || known.item.version > item.version)) return false;
    if (!known && this.#isLikeDraft(kind, item)) this.#held.add(item.id);
    this.#known.set(item.id, { kind, item, at });
    return known === undefined || known.item!.version < item.version;
  }

  #settleDraft(id: string, item: Item | undefined): void {
    this.#drafts.delete(id);
    if (!item) return;
    this.#draftIds.set(item.id, id);
    this.#itemIds.set(id, item.id);
    this.turns.rename(id, item.id);
    this.#made.set(`${item.id} 0`, item.version);
    this.#held.delete(item.id);
    // Edits of the draft go on as edits of the resource.
    const edits = this.#edits.get(id);
    if (edits) this.#edits.set(item.id, edits);
    this.#edits.delete(id);
  }

  #dropEdit(id: string, write: object): void {
    const edits = this.#edits.get(id);
    edits?.delete(write);
    if (edits?.size === 0) this.#edits.delete(id);
  }

  #isLikeDraft(kind: KindName | undefined, item: Item | undefined): boolean {
    if (!kind || item?.version !== 1 || this.#draftIds.has(item.id)) return false;
    return [...this.#drafts.values()].some((draft) => draft.kind === kind && isSameContent(kind, draft.data, item));
  }

  /** Brings everything in the cache up to date with these resources. */
  #show(ids: readonly string[]): void {
    if (ids.length === 0) return;
    const cache = this.#queryClient.getQueryCache();
    for (const kind of kindNames) {
      const keys = keysOf(kind);
      for (const query of cache.findAll({ queryKey: keys.lists })) {
        this.#change<Pages>(query, (list) => this.#placeAll(list, kind, query.queryKey[3] as object, ids));
      }
      for (const [name, update] of Object.entries(rules[kind].views)) {
        for (const query of update ? cache.findAll({ queryKey: [...taskKeys.all, kind, name] }) : []) {
          this.#change(query, (view) => update?.(view as never, this.view));
        }
      }
      for (const id of ids) {
        const query = cache.find({ queryKey: keys.item(id) });
        if (query) this.#change<Item>(query, (item) => this.view(id) ?? item);
      }
    }
  }

  #placeAll(list: Pages, kind: KindName, filters: object, ids: Iterable<string>): Pages {
    for (const id of ids) {
      const item = this.view(id);
      const itemKind = (this.#drafts.get(id) ?? this.#known.get(id))?.kind;
      if (item === null || (item && itemKind === kind)) list = place(list, kind, filters, id, item);
    }
    return list;
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
