// What goes over the wire, read: counts, as-of, problems. Pure.

/** @import { Problem } from './types.js' */

/**
 * The numbers of an answer by badge name, however deep they stand. The server's null means that there is nothing to
 * show, which is 0 here; what is no number is not known.
 * @param {object} answer
 * @returns {Record<string, number | null>}
 */
export const countsOf = (answer, prefix = '', counts = Object.create(null)) => {
  for (const [name, value] of Object.entries(answer)) {
    if (value && typeof value == 'object') countsOf(value, prefix + name + '.', counts);
    else counts[prefix + name] = value === null ? 0 : value >= 0 ? value : null;
  }
  return counts;
};

/**
 * `<timeline>-<position>`: a decimal number, and two of 32 bits in hex, as Postgres writes an LSN.
 * @param {string | null | undefined} asOf
 */
const parts = (asOf) => {
  const [, timeline, high, low] = /^(\d+)-([\da-f]+)\/([\da-f]+)$/i.exec(asOf ?? '') ?? [];
  return low ? [+timeline, parseInt(high, 16), parseInt(low, 16)] : [];
};

/**
 * Whether a is before b. What cannot be read is before nothing.
 * @param {string | null | undefined} a
 * @param {string | null | undefined} b
 */
export const isOlder = (a, b) => {
  const one = parts(a), other = parts(b);
  const at = one.findIndex((part, index) => part != other[index]);
  return one[at] < other[at];
};

/**
 * What an answer is that is not of the wanted type: the server's problem, or what it looks like.
 * @param {Response} response
 * @returns {Promise<Problem & {retryAfter: number}>} retryAfter in ms, 0 when the server does not say
 */
export const problemOf = async (response) => {
  const { status, headers } = response;
  const type = headers.get('content-type') ?? '';
  const after = headers.get('retry-after');
  const told = /json/.test(type) ? await response.json().catch(() => 0) : 0;
  return {
    status,
    title: told?.title ?? 'Unexpected answer',
    detail: told?.detail ?? `${status} ${type}`,
    retryAfter: after ? Math.max(0, (+after >= 0 ? +after * 1000 : Date.parse(after) - Date.now()) || 0) : 0,
  };
};
