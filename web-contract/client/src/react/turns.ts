/** A write's place among the writes to the same resources. */
export interface Turn {
  /** Resolves when all earlier writes have ended. */
  begin: Promise<unknown>;
  /** Ends the turn, so that the next write can begin. */
  end: () => void;
}

/** Keeps writes to one resource in the order in which they were made. */
export class Turns {
  readonly #last = new Map<string, Promise<void>>();

  take(ids: readonly string[]): Turn {
    const begin = Promise.all(ids.map((id) => this.#last.get(id)));
    let resolve = () => {};
    const promise = new Promise<void>((done) => (resolve = done));
    for (const id of ids) this.#last.set(id, promise);
    const end = () => {
      resolve();
      for (const [id, last] of this.#last) if (last === promise) this.#last.delete(id);
    };
    return { begin, end };
  }

  /** Makes writes to a resource wait for those to its draft. */
  rename(draftId: string, id: string): void {
    const last = this.#last.get(draftId);
    if (last) this.#last.set(id, last);
  }
}
