// The feed of what changed: newest first, and no longer than what is looked at.

export const CHANGES_MAX = 50;

/** @typedef {{name: string, before: number, now: number, at: number}} Change */

/**
 * What is different between two states. A number that was not known before, or is not known now, did not change.
 * @param {Readonly<Record<string, number | null>>} before
 * @param {Readonly<Record<string, number | null>>} after
 * @param {number} at
 * @returns {Change[]}
 */
export function changesBetween(before, after, at) {
  return Object.entries(after).flatMap(([name, now]) => {
    const was = before[name];
    return typeof was === "number" && typeof now === "number" && was !== now ? [{ name, before: was, now, at }] : [];
  });
}

/** @returns {Change[]} a new list, with these in front */
export function withChanges(/** @type {Change[]} */ list, /** @type {Change[]} */ added) {
  return added.length === 0 ? list : [...added, ...list].slice(0, CHANGES_MAX);
}
