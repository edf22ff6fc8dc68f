import { replaceEqualDeep, type Query, type QueryClient } from "@tanstack/react-query";
import type { Agenda, Task } from "../index.js";
import { isDraftId } from "./edits.js";
import { taskKeys, type TaskFilters } from "./keys.js";
import { place, type TaskPages } from "./lists.js";

/** What a write does to a task before the server has answered; null erases it. */
export type Edit = (task: Task) => Task | null;

/** The edits that one write makes, by the id of the task. */
export type Edits = ReadonlyMap<string, Edit>;

interface Known {
  /** The newest version that the server has told of; null if it was erased. */
  task: Task | null;
  /** When it was told of by a write or a live change; 0 if only by reading. */
  at: number;
}

const stores = new WeakMap<QueryClient, TaskStore>();

/** The store beside a query client's cache. */
export function storeOf(queryClient: QueryClient): TaskStore {
  let store = stores.get(queryClient);
  if (!store) stores.set(queryClient, (store = new TaskStore(queryClient)));
  return store;
}

/**
 * Keeps apart what the server has said of each task and what writes under way
 * are about to change, and puts into the cache the one laid over the other.
 * So answers may come in any order: the newest version of a task wins, and a
 * write that fails takes back its own edit alone.
 */
export class TaskStore {
  readonly #queryClient: QueryClient;
  readonly #known = new Map<string, Known>();
  readonly #edits = new Map<string, Map<object, Edit>>();
  /** The draft's id of each task that was created here, by the task's id. */
  readonly #draftIds = new Map<string, string>();
  /** The task's id, by the draft's. */
  readonly #taskIds = new Map<string, string>();
  /** The version that a write of ours has made of another, by task and version. */
  readonly #made = new Map<string, number>();
  /** Drafts that the server has not answered for. */
  readonly #drafts = new Map<string, Task>();
  /** Tasks that may be one of the drafts, until its answer tells. */
  readonly #held = new Set<string>();
  #clock = 0;

  /** The change number from which on changes come live; what was read at a lower one may lack some. */
  liveSince = 0;

  constructor(queryClient: QueryClient) {
    this.#queryClient = queryClient;
  }

  /** A moment in the order of what happens here. */
  now(): number {
    return ++this.#clock;
  }

  /** The task with all edits; null if it is gone, undefined if nothing is known of it. */
  view(id: string): Task | null | undefined {
    let task = this.#held.has(id) ? null : isDraftId(id) ? (this.#drafts.get(id) ?? null) : this.#known.get(id)?.task;
    for (const edit of this.#edits.get(id)?.values() ?? []) task &&= edit(task);
    return task;
  }

  /** The same key before and after the server has named a new task. */
  keyOf(id: string): string {
    return this.#draftIds.get(id) ?? id;
  }

  /** The id of the task that a draft has become; any other id is its own. */
  idOf(id: string): string {
    return this.#taskIds.get(id) ?? id;
  }

  /** The newest version that the server has told of. */
  confirmed(id: string): Task | undefined {
    return this.#known.get(id)?.task ?? undefined;
  }

  /**
   * Remembers that a write of ours made one state of another, adding nothing
   * but what was asked for.
   */
  madeOf(before: Task, after: Task): void {
    if (after.version > before.version) this.#made.set(`${before.id} ${before.version}`, after.version);
  }

  /**
   * The version that our own writes have made of this one. It stands for this
   * one in a condition: whoever has seen this one and the writes knows it all.
   */
  latestOwn(id: string, version: number): number {
    let newer: number | undefined;
    while ((newer = this.#made.get(`${id} ${version}`)) !== undefined) version = newer;
    return version;
  }

  /** Takes in what a reading brought. Tasks in other lists follow if they were older. */
  read(tasks: readonly Task[]): void {
    const renewed: string[] = [];
    for (const task of tasks) {
      const known = this.#known.get(task.id);
      if (!known && this.#isLikeDraft(task)) this.#held.add(task.id);
      if (this.#learn(task, known?.at ?? 0) && known) renewed.push(task.id);
    }
    this.#show(renewed);
  }

  /** Takes in what the server says happened just now, by a write or a live change. */
  told(tasks: readonly Task[], erased: readonly string[] = []): void {
    for (const task of tasks) {
      if (!this.#known.has(task.id) && this.#isLikeDraft(task)) this.#held.add(task.id);
      this.#learn(task, this.now());
    }
    for (const id of erased) this.#known.set(id, { task: null, at: this.now() });
    this.#show([...tasks.map((task) => task.id), ...erased]);
  }

  /** Shows a write's edits. The function returned puts the answer in their place, if there is one. */
  edit(edits: Edits, drafts: readonly Task[] = []): (answer?: Answer) => void {
    const write = {};
    for (const draft of drafts) this.#drafts.set(draft.id, draft);
    for (const [name, edit] of edits) {
      const id = this.idOf(name);
      if (!this.#known.has(id)) this.#adopt(id);
      const all = this.#edits.get(id) ?? new Map<object, Edit>();
      this.#edits.set(id, all.set(write, edit));
    }
    const ids = () => [...[...edits.keys()].map((id) => this.idOf(id)), ...drafts.map(({ id }) => id)];
    this.#show(ids());
    return ({ tasks = [], erased = [], created = [] } = {}) => {
      drafts.forEach(({ id }, index) => this.#settleDraft(id, created[index]));
      for (const id of edits.keys()) this.#dropEdit(this.idOf(id), write);
      const released = [...this.#held].filter((id) => !this.#isLikeDraft(this.confirmed(id)));
      for (const id of released) this.#held.delete(id);
      this.told(tasks, erased);
      this.#show([...ids(), ...released]);
    };
  }

  /** What a list shows of what was read, given what happened since a moment. */
  list(list: TaskPages, filters: TaskFilters, since: number): TaskPages {
    const late = new Set([...this.#drafts.keys(), ...this.#edits.keys()]);
    for (const [id, { at }] of this.#known) if (at > since) late.add(id);
    for (const page of list.pages) {
      for (const { id, version } of page.tasks) {
        if (this.#held.has(id) || this.confirmed(id)?.version !== version) late.add(id);
      }
    }
    return this.#placeAll(list, filters, late);
  }

  /** What an agenda shows of what was read. */
  agenda(agenda: Agenda): Agenda {
    const seen = (tasks: Task[]) =>
      tasks.flatMap((task) => {
        const now = this.view(task.id);
        return now === undefined ? task : now && !now.completed && now.deletedAt === null ? now : [];
      });
    return {
      ...agenda,
      overdue: seen(agenda.overdue),
      days: agenda.days.map((day) => ({ ...day, tasks: seen(day.tasks) })),
    };
  }

  /** Takes over a task that is in the cache though no reading here has brought it, such as from a server's page. */
  #adopt(id: string): void {
    const lists = this.#queryClient.getQueriesData<TaskPages>({ queryKey: taskKeys.lists });
    const listed = lists.flatMap(([, list]) => list?.pages.flatMap((page) => page.tasks) ?? []);
    const single = this.#queryClient.getQueryData<Task>(taskKeys.task(id));
    for (const task of single ? [...listed, single] : listed) if (task.id === id) this.#learn(task, 0);
  }

  /** Keeps a task that is newer than the one known, and tells whether it was. */
  #learn(task: Task, at: number): boolean {
    const known = this.#known.get(task.id);
    if (known && (known.task === null || known.task.version > task.version)) return false;
    this.#known.set(task.id, { task, at });
    return known === undefined || known.task!.version < task.version;
  }

  #settleDraft(id: string, task: Task | undefined): void {
    this.#drafts.delete(id);
    if (!task) return;
    this.#draftIds.set(task.id, id);
    this.#taskIds.set(id, task.id);
    this.#made.set(`${task.id} 0`, task.version);
    this.#held.delete(task.id);
    // Edits of the draft go on as edits of the task.
    const edits = this.#edits.get(id);
    if (edits) this.#edits.set(task.id, edits);
    this.#edits.delete(id);
  }

  #dropEdit(id: string, write: object): void {
    const edits = this.#edits.get(id);
    edits?.delete(write);
    if (edits?.size === 0) this.#edits.delete(id);
  }

  #isLikeDraft(task: Task | undefined): boolean {
    if (task?.version !== 1 || this.#draftIds.has(task.id)) return false;
    return [...this.#drafts.values()].some(
      (draft) =>
        draft.title === task.title && draft.description === task.description && draft.priority === task.priority,
    );
  }

  /** Brings everything in the cache up to date with these tasks. */
  #show(ids: readonly string[]): void {
    if (ids.length === 0) return;
    const cache = this.#queryClient.getQueryCache();
    for (const query of cache.findAll({ queryKey: taskKeys.lists })) {
      this.#change<TaskPages>(query, (list) => this.#placeAll(list, query.queryKey[2] as TaskFilters, ids));
    }
    for (const query of cache.findAll({ queryKey: taskKeys.agendas })) {
      this.#change<Agenda>(query, (agenda) => this.agenda(agenda));
    }
    for (const id of ids) {
      const query = cache.find({ queryKey: taskKeys.task(id) });
      if (query) this.#change<Task>(query, (task) => this.view(id) ?? task);
    }
  }

  #placeAll(list: TaskPages, filters: TaskFilters, ids: Iterable<string>): TaskPages {
    for (const id of ids) {
      const task = this.view(id);
      if (task !== undefined) list = place(list, filters, id, task);
    }
    return list;
  }

  /** Changes what a query has, which stays as old, and as stale, as it was. */
  #change<Data>(query: Query, change: (data: Data) => Data): void {
    const { data, dataUpdatedAt, isInvalidated } = query.state;
    if (data === undefined) return;
    const changed = replaceEqualDeep(data, change(data as Data));
    if (changed === data) return;
    this.#queryClient.setQueryData(query.queryKey, changed, { updatedAt: dataUpdatedAt });
    if (isInvalidated) query.invalidate();
  }
}

/** What the server answered to a write. */
export interface Answer {
  tasks?: readonly Task[];
  erased?: readonly string[];
  /** The tasks that the drafts have become, in their order. */
  created?: readonly Task[];
}
