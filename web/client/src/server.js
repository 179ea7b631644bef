// The badges for a page that a server renders.
import { countsOf } from './wire.js';

/** @import { Initial } from './types.js' */

/**
 * What `createBadges` takes as `initial`; null when the counts cannot be had in time, as a page is worth more than its
 * badges, and the browser will ask by itself.
 * @param {object} options
 * @param {string} options.url of the badges, in full: `http://badged.internal:8080/api/sidebar/badges`
 * @param {HeadersInit} [options.headers] such as the credential of whom the page is for
 * @param {number} [options.timeoutMs]
 * @param {typeof globalThis.fetch} [options.fetch]
 * @returns {Promise<Initial | null>}
 */
export const getSidebarBadges = async ({ url, headers, timeoutMs = 1000, fetch = globalThis.fetch }) => {
  try {
    const response = await fetch(url, { headers, cache: 'no-store', signal: AbortSignal.timeout(timeoutMs) });
    if (!response.ok) return null;
    return { counts: { ...countsOf(await response.json()) }, asOf: response.headers.get('badged-as-of') };
  } catch {
    return null;
  }
};
