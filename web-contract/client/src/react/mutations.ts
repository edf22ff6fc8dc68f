import {
  mutationOptions,
  type MutationFunctionContext,
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
  type WriteOptions,
} from "../index.js";
import { newKey } from "../request.js";
import { isDraftId, placeOf, planOf, type Plan } from "./edits.js";
import { refreshSoon } from "./invalidation.js";
import { taskKeys } from "./keys.js";
import type { DataOf, Item, KindName, ListedResource } from "./kind.js";
import { storeOf, type Result, type Store } from "./store.js";
import { cacheSettings } from "./settings.js";
import type { QueuedWrite } from "./write-queue.js";

export type Mutations = ReturnType<typeof createMutations>;

/** The resource of a write. */
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
 * Settings that a page may add to a mutation. The callbacks run after the cache
 * is updated. `meta: { idempotencyKey }` sets the key of a write, so that the
 * page can retry it after a reload.
 */
export type MutationSettings<Data, Variables> = Omit<
  UseMutationOptions<Data, Error, Variables>,
  "mutationFn" | "mutationKey" | "onMutate"
>;

/**
 * Returns the options of each mutation: `useMutation(mutations.updateTask())`.
 * A write shows at once. If it fails, only its own changes are rolled back.
 * Writes to one resource are sent in the order they were made. All attempts of a
 * mutation have the same idempotency key, so it happens once.
 */
export function createMutations(client: Client) {
  const tasks = mutationsOf(client, "task", "Task");
  const lists = mutationsOf(client, "list", "List");
  return {
    /** Shows a draft until the server has created the list. */
    createList: lists.create,
    /** Replaces the whole list: a field left out takes its default. */
    replaceList: lists.replace,
    /** Changes the fields that are given and keeps the others. */
    updateList: lists.update,
    /** Moves a list to the trash. */
    deleteList: lists.delete,
    /** Takes a list out of the trash. */
    restoreList: lists.restore,
    /** Erases a list permanently. */
    eraseList: lists.erase,
    /** Moves a list in the manual order. */
    moveList: lists.move,
    /** Shows a draft until the server has created the task. */
    createTask: tasks.create,
    /** Replaces the whole task: a field left out takes its default. */
    replaceTask: tasks.replace,
    /** Changes the fields that are given and keeps the others. */
    updateTask: tasks.update,
    /** Completes or reopens a task. */
    completeTask: (settings: MutationSettings<Task, VersionedWrite & { completed: boolean }> = {}) =>
      tasks.write(settings, "complete", ({ completed, ...target }) => ({ op: "update", ...target, changes: { completed } })),
    /** Moves a task to the trash. */
    deleteTask: tasks.delete,
    /** Takes a task out of the trash. */
    restoreTask: tasks.restore,
    /** Erases a task permanently. */
    eraseTask: tasks.erase,
    /** Moves a task in the manual order. */
    moveTask: tasks.move,
    /** Changes the settings that are given and keeps the others. */
    updateSettings: (settings: MutationSettings<Settings, SettingsWrite> = {}) =>
      mutationOptions<Settings, Error, SettingsWrite>({
        retry: false,
        ...settings,
        mutationKey: [...taskKeys.settings, "update"],
        mutationFn: async ({ changes, version }, context) => {
          const updated = await client.updateSettings(changes, { version, idempotencyKey: keyOf(context) });
          cacheSettings(context.client, updated);
          return updated;
        },
      }),
    /** Runs several operations, all or none. */
    batch: (settings: MutationSettings<Resource[], BatchOperation[]> = {}) =>
      write(settings, {
        name: ["batch"],
        operations: (operations) => operations,
        send: client.batch,
        resources: (resources) => resources as ListedResource[],
      }),
  };
}

type OperationOf<Name extends KindName, Op> = Extract<BatchOperation, { kind: Name; op: Op }>;
type NewData<Name extends KindName> = OperationOf<Name, "create">["data"];
type AllData<Name extends KindName> = OperationOf<Name, "replace">["data"];
type Changes<Name extends KindName> = OperationOf<Name, "update">["changes"];
type Place<Name extends KindName> = OperationOf<Name, "move">["to"];

/** The mutations that every kind has. Their names in the client end with the suffix. */
function mutationsOf<Name extends KindName>(client: Client, kind: Name, suffix: Capitalize<Name>) {
  type Settings<Variables> = MutationSettings<DataOf<Name>, Variables>;
  type Operation = { op: BatchOperation["op"]; data?: unknown; changes?: unknown; to?: unknown } & Partial<VersionedWrite>;

  const send = (operation: BatchOperation, call: WriteOptions): Promise<DataOf<Name>> => {
    const { op, id, version, data, changes, to } = operation as Operation;
    const method = client[`${op}${suffix}`] as unknown as (...args: unknown[]) => Promise<DataOf<Name>>;
    const body = data ?? changes ?? to;
    return method(...(id ? [id] : []), ...(body ? [body] : []), { ...call, version });
  };
  const writeOne = <Variables>(settings: Settings<Variables>, name: string, operation: (variables: Variables) => Operation) =>
    write<DataOf<Name>, Variables>(settings, {
      name: [kind, name],
      operations: (variables) => [{ kind, ...operation(variables) } as BatchOperation],
      send: ([operation], call) => send(operation!, call),
      resources: (data) => [{ kind, data } as ListedResource],
    });
  const mutationOf =
    <Part extends object = object>(op: BatchOperation["op"]) =>
    (settings: Settings<VersionedWrite & Part> = {}) =>
      writeOne(settings, op, (write) => ({ op, ...write }));

  return {
    write: writeOne,
    create: (settings: Settings<NewData<Name>> = {}) => writeOne(settings, "create", (data) => ({ op: "create", data })),
    replace: mutationOf<{ data: AllData<Name> }>("replace"),
    update: mutationOf<{ changes: Changes<Name> }>("update"),
    delete: mutationOf("delete"),
    restore: mutationOf("restore"),
    erase: mutationOf("erase"),
    move: mutationOf<{ to: Place<Name> }>("move"),
  };
}

/** A write: its operations, the call that sends them, and the resources in its response, one per operation. */
interface Write<Data, Variables> {
  name: readonly string[];
  operations: (variables: Variables) => BatchOperation[];
  send: (operations: BatchOperation[], call: WriteOptions) => Promise<Data>;
  resources: (data: Data) => ListedResource[];
}

interface Pending extends ReturnType<Store["edit"]>, Plan {
  operations: readonly BatchOperation[];
  queued: QueuedWrite;
  /** The resources in the response. */
  states?: readonly Result[];
}

const pending = new WeakMap<MutationFunctionContext, Pending>();
const keys = new WeakMap<MutationFunctionContext, string>();

/** Returns the idempotency key of a write, which is the same for all its attempts. */
function keyOf(context: MutationFunctionContext): string {
  const key = keys.get(context) ?? (context.meta?.["idempotencyKey"] as string | undefined) ?? newKey();
  keys.set(context, key);
  return key;
}

function write<Data, Variables>(settings: MutationSettings<Data, Variables>, { name, operations, send, resources }: Write<Data, Variables>) {
  /** Starts a write and shows it. Later calls return the same write. */
  const begin = (variables: Variables, context: MutationFunctionContext): Pending => {
    const known = pending.get(context);
    if (known) return known;
    const store = storeOf(context.client);
    const batch = operations(variables);
    const plan = planOf(batch, keyOf(context));
    const shown = store.edit(plan);
    // A move waits for writes to the resources it names, or to the same end, because its place depends on them.
    const named = batch.flatMap((operation) => Object.values(placeOf(operation, store.idOf)).map((id) => id ?? ""));
    const write = { ...plan, ...shown, operations: batch, queued: store.queue.enqueue([...shown.ids, ...named]) };
    pending.set(context, write);
    return write;
  };

  return mutationOptions<Data, Error, Variables>({
    retry: false,
    ...settings,
    mutationKey: [...taskKeys.all, ...name],
    mutationFn: async (variables, context) => {
      const write = begin(variables, context);
      const { operations: batch, edits, queued } = write;
      await queued.ready;
      const store = storeOf(context.client);
      const expected = new Map<Item, Item | null>();
      for (const [id, edit] of edits) {
        const item = store.confirmed(store.idOf(id));
        const before = item && (expected.get(item) ?? item);
        if (before) expected.set(item, edit(before, store));
      }
      const data = await send(
        batch.map((operation) => resolve(operation, store)),
        { idempotencyKey: keyOf(context) },
      );
      write.states = resources(data).map(({ kind, data }, index) => {
        const op = batch[index]?.op;
        return { kind, id: data.id, data: op === "erase" ? null : data, isNew: op === "create" } as Result;
      });
      for (const [item, wanted] of expected) {
        const after = write.states.find(({ id }) => id === item.id);
        if (wanted && after?.data) store.recordOwnWrite(after.kind, item, wanted, after.data);
      }
      return data;
    },
    onMutate: (variables, context) => void begin(variables, context),
    onSuccess: (data, variables, result, context) => {
      const { settle, states } = begin(variables, context);
      settle(states);
      return settings.onSuccess?.(data, variables, result, context);
    },
    onError: (error, variables, result, context) => {
      const current = isApiError(error, "version_conflict") && (error.current as ListedResource | undefined);
      begin(variables, context).settle(current ? [{ ...current, id: current.data.id }] : []);
      // The resource is gone, so the lists on the page are refetched; or the write may have happened, so all is stale.
      const isGone = isApiError(error) && error.status === 404;
      if (isGone || isTransient(error)) void context.client.invalidateQueries({ queryKey: taskKeys.all, refetchType: isGone ? "active" : "none" });
      return settings.onError?.(error, variables, result, context);
    },
    onSettled: (data, error, variables, result, context) => {
      begin(variables, context).queued.done();
      refreshSoon(context.client);
      return settings.onSettled?.(data, error, variables, result, context);
    },
  });
}

/** Returns an operation with the current ids and version of its resources. */
function resolve(operation: BatchOperation, store: Store): BatchOperation {
  if (operation.op === "create") return operation;
  const id = serverId(operation.id, store);
  const version = store.latestOwnVersion(id, operation.version);
  const to = placeOf(operation, (owner) => serverId(owner, store));
  return { ...operation, id, version, ...(operation.op === "move" && { to }) } as BatchOperation;
}

/** Returns the server's id of a resource. Throws if the resource is a draft that could not be created. */
function serverId(id: string, store: Store): string {
  const created = store.idOf(id);
  if (isDraftId(created)) throw new Error("Creating the resource failed.");
  return created;
}
