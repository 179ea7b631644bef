// The snapshot, and who wants to know of the next one. An older state never takes the place of a newer one.
import { isOlder } from './wire.js';

/** @import { Initial, Snapshot } from './types.js' */

/**
 * @param {Initial | null | undefined} initial
 * @param {(error: unknown) => void} [report] what a listener throws
 */
export const createStore = (initial, report = console.error) => {
  /** @type {Set<(snapshot: Snapshot) => void>} */
  const listeners = new Set();
  /** @type {Snapshot} */
  let snapshot = Object.freeze({
    counts: Object.freeze({ ...initial?.counts }),
    status: 'loading',
    asOf: initial?.asOf ?? null,
    updatedAt: null,
    error: null,
  });
  return {
    listeners,
    get: () => snapshot,
    /**
     * Take a change over: what is equal stays the same object, and counts that are older than those here are left out.
     * @param {Partial<Snapshot>} change
     */
    set(change) {
      if (isOlder(change.asOf, snapshot.asOf)) change = { ...change, counts: snapshot.counts, asOf: snapshot.asOf };
      const fresh = Object.entries(change).filter(
        ([name, value]) => JSON.stringify(value) != JSON.stringify(snapshot[/** @type {keyof Snapshot} */ (name)]),
      );
      if (!fresh.length) return;
      for (const [, value] of fresh) Object.freeze(value);
      snapshot = Object.freeze({ ...snapshot, ...Object.fromEntries(fresh) });
      for (const listener of [...listeners]) {
        try {
          listener(snapshot);
        } catch (error) {
          report(error); // it stops neither the stream nor another listener
        }
      }
    },
  };
};
