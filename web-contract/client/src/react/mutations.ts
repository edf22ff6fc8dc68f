import {
  mutationOptions,
  type MutationFunctionContext,
  type QueryClient,
  type UseMutationOptions,
} from "@tanstack/react-query";
import {
  isApiError,
  isTransient,
  type BatchOperation,
  type Client,
  type Resource,
  type Settings,
  type Task,
  type UpdateSettingsRequest,
  type VersionedOptions,
  type WriteOptions,
} from "../index.js";
import { newKey } from "../request.js";
import { isDraftId, planOf, type Plan } from "./edits.js";
import { refreshSoon } from "./invalidation.js";
import { keysOf } from "./keys.js";
import type { DataOf, KindName, ListedResource } from "./kind.js";
import { kindNames } from "../generated/kinds.js";
import { storeOf, type Answer, type State, type Store } from "./store.js";
import { learnSettings } from "./settings.js";
import { siblingOf, type Destination } from "./order.js";
import type { Turn } from "./turns.js";

export type Mutations = ReturnType<typeof createMutations>;

/** The resource that a write is about. */
export interface VersionedWrite {
  id: string;
  /** The version that the resource must still have; otherwise the write fails with `version_conflict`. */
  version?: number | undefined;
}

/** The settings to change, and the version that they must still have; otherwise the write fails with `version_conflict`. */
export interface SettingsWrite {
  changes: UpdateSettingsRequest;
  version?: number | undefined;
}

/**
 * What a page may add to a mutation. The callbacks run after the cache is up to
 * date. `meta: { idempotencyKey }` gives a write a key that the page knows, so
 * that it can repeat the write after a reload.
 */
export type MutationSettings<Data, Variables> = Omit<
  UseMutationOptions<Data, Error, Variables>,
  "mutationFn" | "mutationKey" | "onMutate"
>;

/**
 * Returns the options of each mutation: `useMutation(mutations.updateTask())`.
 * A write shows at once. If it fails, only its own changes are taken back.
 * Writes to one resource are sent in the order they were made. A mutation that
 * is retried has one idempotency key, so it happens once.
 */
export function createMutations(client: Client) {
  const tasks = mutationsOf("task", {
    create: client.createTask,
    replace: client.replaceTask,
    update: client.updateTask,
    delete: client.deleteTask,
    restore: client.restoreTask,
    erase: client.eraseTask,
    move: client.moveTask,
  });
  const lists = mutationsOf("list", {
    create: client.createList,
    replace: client.replaceList,
    update: client.updateList,
    delete: client.deleteList,
    restore: client.restoreList,
    erase: client.eraseList,
    move: client.moveList,
  });
  return {
    /** Shows a draft until the server has made the list. */
    createList: lists.create,
    /** Replaces the whole list: a field left out takes its default. */
    replaceList: lists.replace,
    /** Changes the fields that are given and keeps the others. */
    updateList: lists.update,
    /** Moves a list to the trash. */
    deleteList: lists.delete,
    /** Takes a list out of the trash. */
    restoreList: lists.restore,
    /** Erases a list for good. */
    eraseList: lists.erase,
    /** Puts a list into another place of the manual order. */
    moveList: lists.move,
    /** Shows a draft until the server has made the task. */
    createTask: tasks.create,
    /** Replaces the whole task: a field left out takes its default. */
    replaceTask: tasks.replace,
    /** Changes the fields that are given and keeps the others. */
    updateTask: tasks.update,
    /** Completes a task, or opens it again. */
    completeTask: (settings: MutationSettings<Task, VersionedWrite & { completed: boolean }> = {}) =>
      tasks.write(settings, "complete", ({ completed, ...target }) => ({ op: "update", ...target, changes: { completed } })),
    /** Moves a task to the trash. */
    deleteTask: tasks.delete,
    /** Takes a task out of the trash. */
    restoreTask: tasks.restore,
    /** Erases a task for good. */
    eraseTask: tasks.erase,
    /** Puts a task into another place of the manual order. */
    moveTask: tasks.move,
    /** Changes the settings that are given and keeps the others. */
    updateSettings: (settings: MutationSettings<Settings, SettingsWrite> = {}) =>
      mutationOptions<Settings, Error, SettingsWrite>({
        retry: false,
        ...settings,
        mutationKey: ["tasklane", "settings", "update"],
        mutationFn: async ({ changes, version }, context) => {
          const updated = await client.updateSettings(changes, { version, idempotencyKey: keyOf(context) });
          learnSettings(context.client, updated);
          return updated;
        },
      }),
    /** Carries out several operations, all or none. */
    batch: (settings: MutationSettings<Resource[], BatchOperation[]> = {}) =>
      write(settings, {
        name: ["batch"],
        operations: (operations) => operations,
        send: (operations, call) => client.batch(operations, call),
        resources: (resources) => resources as ListedResource[],
      }),
  };
}

type OperationOf<Name extends KindName, Op> = Extract<BatchOperation, { kind: Name; op: Op }>;
type NewData<Name extends KindName> = OperationOf<Name, "create">["data"];
type AllData<Name extends KindName> = OperationOf<Name, "replace">["data"];
type Changes<Name extends KindName> = OperationOf<Name, "update">["changes"];
type Place<Name extends KindName> = OperationOf<Name, "move">["to"];

/** The calls that write resources of a kind. */
interface Calls<Name extends KindName> {
  create: (data: NewData<Name>, call: WriteOptions) => Promise<DataOf<Name>>;
  replace: (id: string, data: AllData<Name>, call: VersionedOptions) => Promise<DataOf<Name>>;
  update: (id: string, changes: Changes<Name>, call: VersionedOptions) => Promise<DataOf<Name>>;
  delete: (id: string, call: VersionedOptions) => Promise<DataOf<Name>>;
  restore: (id: string, call: VersionedOptions) => Promise<DataOf<Name>>;
  erase: (id: string, call: VersionedOptions) => Promise<DataOf<Name>>;
  move: (id: string, to: Place<Name>, call: VersionedOptions) => Promise<DataOf<Name>>;
}

/** The mutations that every kind has. */
function mutationsOf<Name extends KindName>(kind: Name, calls: Calls<Name>) {
  type Settings<Variables> = MutationSettings<DataOf<Name>, Variables>;
  type Operation = { op: BatchOperation["op"]; data?: unknown; changes?: unknown; to?: unknown } & Partial<VersionedWrite>;

  const send = (operation: BatchOperation, call: WriteOptions): Promise<DataOf<Name>> => {
    if (operation.op === "create") return calls.create(operation.data as NewData<Name>, call);
    const { id, version } = operation;
    const versioned = { ...call, version };
    if (operation.op === "replace") return calls.replace(id, operation.data as AllData<Name>, versioned);
    if (operation.op === "update") return calls.update(id, operation.changes as Changes<Name>, versioned);
    if (operation.op === "move") return calls.move(id, operation.to as Place<Name>, versioned);
    return calls[operation.op](id, versioned);
  };
  const writeOne = <Variables>(settings: Settings<Variables>, name: string, operation: (variables: Variables) => Operation) =>
    write<DataOf<Name>, Variables>(settings, {
      name: [kind, name],
      operations: (variables) => [{ kind, ...operation(variables) } as BatchOperation],
      send: ([operation], call) => send(operation!, call),
      resources: (data) => [{ kind, data } as ListedResource],
    });

  return {
    write: writeOne,
    create: (settings: Settings<NewData<Name>> = {}) => writeOne(settings, "create", (data) => ({ op: "create", data })),
    replace: (settings: Settings<VersionedWrite & { data: AllData<Name> }> = {}) =>
      writeOne(settings, "replace", (write) => ({ op: "replace", ...write })),
    update: (settings: Settings<VersionedWrite & { changes: Changes<Name> }> = {}) =>
      writeOne(settings, "update", (write) => ({ op: "update", ...write })),
    delete: (settings: Settings<VersionedWrite> = {}) => writeOne(settings, "delete", (write) => ({ op: "delete", ...write })),
    restore: (settings: Settings<VersionedWrite> = {}) => writeOne(settings, "restore", (write) => ({ op: "restore", ...write })),
    erase: (settings: Settings<VersionedWrite> = {}) => writeOne(settings, "erase", (write) => ({ op: "erase", ...write })),
    move: (settings: Settings<VersionedWrite & { to: Place<Name> }> = {}) =>
      writeOne(settings, "move", (write) => ({ op: "move", ...write })),
  };
}

/** A write as the operations it consists of, the call that sends them, and the resources in its answer, one per operation. */
interface Write<Data, Variables> {
  name: readonly string[];
  operations: (variables: Variables) => BatchOperation[];
  send: (operations: BatchOperation[], call: WriteOptions) => Promise<Data>;
  resources: (data: Data) => ListedResource[];
}

interface Pending extends Plan {
  settle: (answer?: Answer) => void;
  turn: Turn;
}

const pending = new WeakMap<MutationFunctionContext, Pending>();
const keys = new WeakMap<MutationFunctionContext, string>();

/** Returns the idempotency key of a write, which is the same for all its attempts. */
function keyOf(context: MutationFunctionContext): string {
  const key = keys.get(context) ?? (context.meta?.["idempotencyKey"] as string | undefined) ?? newKey();
  keys.set(context, key);
  return key;
}

function write<Data, Variables>(settings: MutationSettings<Data, Variables>, write: Write<Data, Variables>) {
  const { name, operations, send, resources } = write;

  const answerOf = (data: Data, variables: Variables) => {
    const asked = operations(variables);
    const answered = resources(data);
    const states = answered.map(
      ({ kind, data }, at) => ({ kind, id: data.id, data: asked[at]?.op === "erase" ? null : data }) as State,
    );
    return { states, created: answered.filter((_, at) => asked[at]?.op === "create") };
  };

  return mutationOptions<Data, Error, Variables>({
    retry: false,
    ...settings,
    mutationKey: ["tasklane", ...name],
    mutationFn: async (variables, context) => {
      const { turn, edits } = pending.get(context) ?? {};
      await turn?.begin;
      const store = storeOf(context.client);
      const before = [...(edits ?? [])].map(([id, edit]) => ({ item: store.confirmed(store.idOf(id)), edit }));
      const data = await send(
        operations(variables).map((operation) => resolve(operation, store)),
        { idempotencyKey: keyOf(context) },
      );
      const { states } = answerOf(data, variables);
      for (const { item, edit } of before) {
        const expected = item && edit(item);
        const after = expected && states.find(({ id }) => id === item.id);
        if (after?.data) store.madeFrom(after.kind, item!, expected!, after.data);
      }
      return data;
    },
    onMutate: (variables, context) => {
      const store = storeOf(context.client);
      const asked = operations(variables);
      const plan = planOf(asked, keyOf(context), (kind) => store.all(kind));
      // A move waits for the writes to the resource that it is next to: its place depends on them.
      const siblings = asked.flatMap((operation) => (operation.op === "move" && siblingOf(operation.to)) || []);
      const ids = [...[...plan.edits.keys(), ...siblings].map((id) => store.idOf(id)), ...plan.drafts.map(({ data }) => data.id)];
      pending.set(context, { ...plan, turn: store.turns.take(ids), settle: store.edit(plan) });
    },
    onSuccess: (data, variables, result, context) => {
      const answer = answerOf(data, variables);
      const { settle } = pending.get(context) ?? {};
      if (settle) settle(answer);
      else storeOf(context.client).told(answer.states);
      return settings.onSuccess?.(data, variables, result, context);
    },
    onError: (error, variables, result, context) => {
      const current = isApiError(error, "version_conflict") ? (error.current as ListedResource | undefined) : undefined;
      pending.get(context)?.settle(current && { states: [{ ...current, id: current.data.id }] });
      if (isTransient(error) || (isApiError(error) && error.status === 404)) doubt(context.client, error);
      return settings.onError?.(error, variables, result, context);
    },
    onSettled: (data, error, variables, result, context) => {
      pending.get(context)?.turn.end();
      refreshSoon(context.client);
      return settings.onSettled?.(data, error, variables, result, context);
    },
  });
}

/** Reads lists and single resources again: at once if one is gone; when they are next shown if the write may have happened. */
function doubt(queryClient: QueryClient, error: unknown): void {
  const refetchType = isTransient(error) ? "none" : "active";
  for (const { lists, items } of kindNames.map(keysOf)) {
    void queryClient.invalidateQueries({ queryKey: lists, refetchType });
    void queryClient.invalidateQueries({ queryKey: items, refetchType });
  }
}

/** Returns an operation with the id and the version that its resource has by now. */
function resolve(operation: BatchOperation, store: Store): BatchOperation {
  if (operation.op === "create") return operation;
  const id = serverId(operation.id, store);
  const { version } = operation;
  const resolved = version === undefined ? { ...operation, id } : { ...operation, id, version: store.latestOwn(id, version) };
  return resolved.op === "move" ? { ...resolved, to: resolvePlace(resolved.to, store) } : resolved;
}

function resolvePlace(to: Destination, store: Store): Destination {
  const sibling = siblingOf(to);
  if (sibling === undefined) return to;
  const id = serverId(sibling, store);
  return to.after === undefined ? { ...to, before: id } : { ...to, after: id };
}

/** Returns the id that the server knows a resource by. */
function serverId(name: string, store: Store): string {
  const id = store.idOf(name);
  if (isDraftId(id)) throw new Error("The resource does not exist: creating it failed.");
  return id;
}
