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
    else counts[prefix + name] = value === null ? 0 : Number.isSafeInteger(value) ? value : null;
  }
  return counts;
};

/**
 * An as-of as text that sorts as the commits do: `<timeline>-<position>`, a decimal number, and two of 32 bits in
 * capital hex, as Postgres writes an LSN.
 * @param {string} asOf
 */
const rank = (asOf) => asOf.replace(/\w+/g, (part) => part.padStart(10, '0'));

/**
 * Whether a is before b; nothing is before or after an as-of that is missing.
 * @param {string | null | undefined} a
 * @param {string | null | undefined} b
 */
export const isOlder = (a, b) => !!a && !!b && rank(a) < rank(b);

/**
 * What an answer is that is not of the wanted type: the server's problem, or what it looks like.
 * @param {Response} response
 * @returns {Promise<Problem & {retryAfter: number}>} retryAfter in ms, 0 when the server does not say
 */
export const problemOf = async (response) => {
  const { status, headers } = response;
  const after = headers.get('retry-after');
  const told = await response.json().catch(() => null);
  return {
    status,
    title: `${told?.title ?? 'Unexpected answer'}`,
    detail: `${told?.detail ?? `${status} ${headers.get('content-type')}`}`,
    retryAfter: Math.max(0, (Number(after) ? Number(after) * 1000 : Date.parse(after ?? '') - Date.now()) || 0),
  };
};
