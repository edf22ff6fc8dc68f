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
  type CreateTaskRequest,
  type ReplaceTaskRequest,
  type Task,
  type UpdateTaskRequest,
  type VersionedOptions,
  type WriteOptions,
} from "../index.js";
import { newKey } from "../request.js";
import { draftOf, edited, erased, isDraftId, restored, saysTheSame, trashed } from "./edits.js";
import { refreshSoon } from "./invalidation.js";
import { taskKeys } from "./keys.js";
import { storeOf, type Answer, type Edit, type Edits, type TaskStore } from "./store.js";
import { turnsOf, type Turn } from "./turns.js";

export type Mutations = ReturnType<typeof createMutations>;

/** Which task a write is about. */
export interface TaskWrite {
  id: string;
  /** The version that the task must still have; otherwise the write fails with `version_conflict`. */
  version?: number | undefined;
}

/** What a page may add to a mutation. The callbacks run after the cache is up to date. */
export type MutationSettings<Data, Variables> = Omit<
  UseMutationOptions<Data, Error, Variables>,
  "mutationFn" | "mutationKey" | "onMutate"
>;

/**
 * The options of each mutation: `useMutation(mutations.updateTask())`. A write
 * shows at once. When it fails, its own changes and no others go back. Writes
 * to one task are sent in the order they were made, and repetitions of one
 * mutation, by its `retry` too, are one write for the server.
 */
export function createMutations(client: Client) {
  return {
    /** Shows a draft until the server has made the task of it. */
    createTask: (settings: MutationSettings<Task, CreateTaskRequest> = {}) =>
      write(settings, {
        name: "create",
        plan: (request) => ({ drafts: [draftOf(request)] }),
        send: (request, call) => client.createTask(request, call),
        answer: (task) => ({ tasks: [task], created: [task] }),
      }),

    replaceTask: (settings: MutationSettings<Task, TaskWrite & { task: ReplaceTaskRequest }> = {}) =>
      writeOne(settings, {
        name: "replace",
        edit: ({ task }) => edited({ ...defaults(), ...task }),
        send: (id, { task }, call) => client.replaceTask(id, task, call),
      }),

    updateTask: (settings: MutationSettings<Task, TaskWrite & { changes: UpdateTaskRequest }> = {}) =>
      writeOne(settings, {
        name: "update",
        edit: ({ changes }) => edited(changes),
        send: (id, { changes }, call) => client.updateTask(id, changes, call),
      }),

    completeTask: (settings: MutationSettings<Task, TaskWrite & { completed: boolean }> = {}) =>
      writeOne(settings, {
        name: "complete",
        edit: ({ completed }) => edited({ completed }),
        send: (id, { completed }, call) => client.updateTask(id, { completed }, call),
      }),

    /** Moves a task to the trash. */
    deleteTask: (settings: MutationSettings<Task, TaskWrite> = {}) =>
      writeOne(settings, { name: "delete", edit: trashed, send: (id, _, call) => client.deleteTask(id, call) }),

    /** Takes a task out of the trash. */
    restoreTask: (settings: MutationSettings<Task, TaskWrite> = {}) =>
      writeOne(settings, { name: "restore", edit: restored, send: (id, _, call) => client.restoreTask(id, call) }),

    /** Erases a task for good. */
    eraseTask: (settings: MutationSettings<Task, TaskWrite> = {}) =>
      writeOne(settings, {
        name: "erase",
        edit: erased,
        send: (id, _, call) => client.eraseTask(id, call),
        answer: (task) => ({ erased: [task.id] }),
      }),

    /** Carries out several operations, all or none. */
    batchTasks: (settings: MutationSettings<Task[], BatchOperation[]> = {}) =>
      write(settings, {
        name: "batch",
        plan: planOf,
        send: (operations, call, store) =>
          client.batchTasks(
            operations.map((operation) => named(operation, store)),
            call,
          ),
        answer: (tasks, operations) => ({
          tasks,
          created: tasks.filter((_, index) => operations[index]?.op === "create"),
        }),
      }),
  };
}

const defaults = () => ({ description: "", completed: false, priority: "none" as const, dueAt: null, tags: [] });

interface Plan {
  edits?: Edits;
  drafts?: readonly Task[];
}

/** A kind of write: what it shows, what it sends, and what the answer says. */
interface Kind<Data, Variables> {
  name: string;
  plan: (variables: Variables) => Plan;
  send: (variables: Variables, call: WriteOptions, store: TaskStore) => Promise<Data>;
  answer: (data: Data, variables: Variables) => Answer;
}

interface KindOfOne<Variables> {
  name: string;
  edit: (variables: Variables) => Edit;
  send: (id: string, variables: Variables, call: VersionedOptions) => Promise<Task>;
  answer?: (task: Task) => Answer;
}

/** A write to one task, under the id and the version that it has when its turn comes. */
function writeOne<Variables extends TaskWrite>(
  settings: MutationSettings<Task, Variables>,
  { name, edit, send, answer = (task) => ({ tasks: [task] }) }: KindOfOne<Variables>,
) {
  return write<Task, Variables>(settings, {
    name,
    plan: (variables) => ({ edits: new Map([[variables.id, edit(variables)]]) }),
    answer,
    send: (variables, call, store) => {
      const id = store.idOf(variables.id);
      if (isDraftId(id)) throw new Error("The task does not exist: creating it has failed.");
      const { version } = variables;
      return send(id, variables, {
        ...call,
        version: version === undefined ? undefined : store.latestOwn(id, version),
      });
    },
  });
}

interface UnderWay {
  edits: Edits;
  drafts: readonly Task[];
  settle: (answer?: Answer) => void;
  turn: Turn;
}

const underWay = new WeakMap<MutationFunctionContext, UnderWay>();
const keys = new WeakMap<MutationFunctionContext, string>();

function write<Data, Variables>(settings: MutationSettings<Data, Variables>, kind: Kind<Data, Variables>) {
  return mutationOptions<Data, Error, Variables>({
    retry: false,
    ...settings,
    mutationKey: ["tasklane", kind.name],
    mutationFn: async (variables, context) => {
      const { turn, edits = new Map<string, Edit>() } = underWay.get(context) ?? {};
      await turn?.begin;
      const key = keys.get(context) ?? newKey();
      keys.set(context, key);
      const store = storeOf(context.client);
      const before = [...edits].map(([id, edit]) => ({ task: store.confirmed(store.idOf(id)), edit }));
      const data = await kind.send(variables, { idempotencyKey: key }, store);
      for (const { task, edit } of before) {
        const expected = task && edit(task);
        const after = kind.answer(data, variables).tasks?.find(({ id }) => id === task?.id);
        if (expected && after && saysTheSame(expected, after)) store.madeOf(task, after);
      }
      return data;
    },
    onMutate: (variables, context) => {
      const { edits = new Map(), drafts = [] } = kind.plan(variables);
      const store = storeOf(context.client);
      const ids = [...[...edits.keys()].map((id) => store.idOf(id)), ...drafts.map(({ id }) => id)];
      const turn = turnsOf(context.client).take(ids);
      underWay.set(context, { edits, drafts, turn, settle: store.edit(edits, drafts) });
    },
    onSuccess: (data, variables, result, context) => {
      const answer = kind.answer(data, variables);
      const { drafts = [], settle } = underWay.get(context) ?? {};
      for (const [index, draft] of drafts.entries()) {
        const task = answer.created?.[index];
        if (task) turnsOf(context.client).rename(draft.id, task.id);
      }
      if (settle) settle(answer);
      else storeOf(context.client).told(answer.tasks ?? [], answer.erased);
      return settings.onSuccess?.(data, variables, result, context);
    },
    onError: (error, variables, result, context) => {
      const current = isApiError(error, "version_conflict") ? error.current : undefined;
      underWay.get(context)?.settle({ tasks: current ? [current] : [] });
      if (isApiError(error, "task_not_found") || isTransient(error)) doubt(context.client, error);
      return settings.onError?.(error, variables, result, context);
    },
    onSettled: (data, error, variables, result, context) => {
      underWay.get(context)?.turn.end();
      refreshSoon(context.client);
      return settings.onSettled?.(data, error, variables, result, context);
    },
  });
}

/** Has lists and tasks read again: at once if one is gone, else, since a write may have happened, when they are next looked at. */
function doubt(queryClient: QueryClient, error: unknown): void {
  const refetchType = isTransient(error) ? "none" : "active";
  void queryClient.invalidateQueries({ queryKey: taskKeys.lists, refetchType });
  void queryClient.invalidateQueries({ queryKey: taskKeys.tasks, refetchType });
}

/** What a batch shows: its operations on one task, one after the other. */
function planOf(operations: readonly BatchOperation[]): Plan {
  const edits = new Map<string, Edit>();
  const drafts: Task[] = [];
  for (const { op, id, task, changes = {} } of operations) {
    if (op === "create" && task) drafts.push(draftOf(task));
    if (op === "create" || id === undefined) continue;
    const former = edits.get(id) ?? ((task) => task);
    const edit = op === "delete" ? trashed() : edited(changes);
    edits.set(id, (task) => {
      const before = former(task);
      return before && edit(before);
    });
  }
  return { edits, drafts };
}

/** An operation under the id and the version that its task has by now. */
function named(operation: BatchOperation, store: TaskStore): BatchOperation {
  if (operation.id === undefined) return operation;
  const id = store.idOf(operation.id);
  if (operation.version === undefined) return { ...operation, id };
  return { ...operation, id, version: store.latestOwn(id, operation.version) };
}
