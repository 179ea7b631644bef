// The course of a tenant's badges over the last hour: what the server remembers of it, and what was seen since.
//
// A course is a staircase: a value holds from its time on until the next. `null` is "not known", which breaks the line.

export const SPAN_MS = 3_600_000;
const SPAN_MS_MIN = 300_000;

/**
 * @typedef {{from: string, step_seconds: number, badges: Record<string, (number | null)[]>}} History
 * @typedef {{at: number, value: number | null}} Point
 */

/** Add a value to a staircase, in place; one that says nothing new is left out. */
function push(/** @type {Point[]} */ points, /** @type {Point} */ point) {
  if (points.at(-1)?.value !== point.value) points.push(point);
}

export class Course {
  /** @type {Map<string, Point[]>} */
  #points = new Map();
  /** @type {string[] | null} */
  #counted = null;

  /**
   * What the server remembers; what was seen since stays behind it.
   * @param {History} history
   * @param {number} aheadMs how far this clock is ahead of the server's
   */
  load({ from, step_seconds, badges }, aheadMs = 0) {
    const start = Date.parse(from) + aheadMs;
    this.#counted = Object.keys(badges);
    for (const [name, values] of Object.entries(badges)) {
      const last = start + (values.length - 1) * step_seconds * 1000;
      /** @type {Point[]} */
      const points = [];
      values.forEach((value, i) => push(points, { at: start + i * step_seconds * 1000, value }));
      for (const point of this.#points.get(name) ?? [])
        if (point.at >= last || values.length === 0) push(points, point);
      this.#points.set(name, points);
    }
  }

  /** Names of the badges that count something, which the server keeps a course of; null before it said so. */
  get counted() {
    return this.#counted;
  }

  /** The numbers at a time, in milliseconds, not before any noted earlier. */
  note(/** @type {Readonly<Record<string, number | null>>} */ counts, /** @type {number} */ at) {
    for (const [name, value] of Object.entries(counts)) {
      const points = this.#points.get(name) ?? [];
      push(points, { at, value });
      while (points.length > 1 && points[1].at < at - SPAN_MS) points.shift();
      this.#points.set(name, points);
    }
  }

  /** When a drawing that ends at `to` begins: an hour before, or when the first number was seen if that is later. */
  start(/** @type {number} */ to) {
    const known = [...this.#points.values()].flatMap(
      (points) => points.find(({ value }) => value !== null)?.at ?? [],
    );
    return Math.max(to - SPAN_MS, Math.min(to - SPAN_MS_MIN, ...known));
  }

  /** The staircase of a badge in the hour that ends at `to`, where it is known until `until`. @returns {Point[]} */
  of(/** @type {string} */ name, /** @type {number} */ to, until = to) {
    const from = to - SPAN_MS;
    const points = (this.#points.get(name) ?? []).filter(({ at }) => at <= until);
    if (until < to) push(points, { at: Math.max(until, from), value: null });
    const first = points.findLastIndex(({ at }) => at <= from);
    if (first < 0) return points;
    return [{ ...points[first], at: from }, ...points.slice(first + 1)];
  }

  /** The last step of a badge from one number to another, if there is one. */
  lastChange(/** @type {string} */ name) {
    const points = this.#points.get(name) ?? [];
    for (let i = points.length - 1; i > 0; i--) {
      const { value: before } = points[i - 1];
      const { value: now, at } = points[i];
      if (before !== null && now !== null) return { before, now, at };
    }
    return null;
  }
}
