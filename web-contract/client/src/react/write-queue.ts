/** A write that waits for earlier writes to the same resources. */
export interface QueuedWrite {
  /** Resolves when all earlier writes have ended. */
  ready: Promise<unknown>;
  /** Lets the next write start. */
  done: () => void;
}

/** Orders writes: each waits for the earlier writes to its resources. */
export class WriteQueue {
  readonly #last = new Map<string, Promise<void>>();

  enqueue(ids: readonly string[]): QueuedWrite {
    const ready = Promise.all(ids.map((id) => this.#last.get(id)));
    let resolve = () => {};
    const ended = new Promise<void>((end) => (resolve = end));
    for (const id of ids) this.#last.set(id, ended);
    const done = () => {
      resolve();
      for (const [id, last] of this.#last) if (last === ended) this.#last.delete(id);
    };
    return { ready, done };
  }

  /** Makes writes to a resource wait for those to its draft. */
  rename(draftId: string, id: string): void {
    const last = this.#last.get(draftId);
    if (last) this.#last.set(id, last);
  }
}
