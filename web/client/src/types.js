// The words that the package's types use. No code.

/**
 * What is known now. It never changes: when something does, there is another one, and what did not change in it is
 * the same object as before.
 * @typedef {object} Snapshot
 * @property {Readonly<Record<string, number | null>>} counts by the badge's name, `knowledge.sources`; null and absent
 *   both mean not known, which is not zero
 * @property {Status} status how far they can be relied upon
 * @property {string | null} asOf the commit boundary that they are true at
 * @property {number | null} updatedAt when they were last known to be right, in ms since 1970: the time of the last
 *   change while they are live, the time of the last contact when they are stale
 * @property {Problem | null} error what went wrong last, until something goes right
 */

/**
 * - `loading`: nothing is known yet, or the server says that it does not know;
 * - `live`: each change arrives as it happens;
 * - `polling`: no stream is to be had, and the server is asked every few seconds;
 * - `stale`: the numbers may be old;
 * - `offline`: so does the browser say, and the numbers may be old;
 * - `unauthorized`: the server wants another credential, and the numbers are gone.
 * @typedef {'loading' | 'live' | 'polling' | 'stale' | 'offline' | 'unauthorized'} Status
 */

/**
 * @typedef {object} Problem
 * @property {number} status that of HTTP, or 0 when there was no answer
 * @property {string} title
 * @property {string} detail
 */

/**
 * The numbers that a server rendered a page with.
 * @typedef {object} Initial
 * @property {Record<string, number | null>} counts
 * @property {string | null} asOf
 */

/**
 * @typedef {object} Options
 * @property {string} [url] of the badges; the stream is at `url + '/stream'`
 * @property {(hint: {skipCache: boolean}) => Promise<string | null | undefined> | string | null | undefined} [getToken]
 *   called before each request; the token goes into `Authorization: Bearer`, never into a URL. `skipCache` is true when
 *   the server refused the last one, or says that it is about to.
 * @property {Record<string, string> | (() => Record<string, string>)} [headers] further ones of each request
 * @property {RequestCredentials} [credentials] as `fetch` has it
 * @property {Initial | null} [initial] what the page was rendered with
 * @property {string} [key] who is asking, such as tenant and user. Tabs with the same url and key share one stream.
 *   Without it each tab has its own, as nothing else says that two tabs may see the same numbers.
 * @property {number} [pollSeconds] between two polls, where there is no stream
 * @property {number} [hiddenSeconds] until a hidden tab lets its stream go
 * @property {number} [staleSeconds] without a word from the server after which numbers are stale
 * @property {(url: string, init: RequestInit) => Promise<Response>} [fetch] in place of the browser's
 */

/**
 * @typedef {object} Badges
 * @property {(listener: (snapshot: Snapshot) => void) => () => void} subscribe the first one opens the stream; returns
 *   what ends the subscription
 * @property {() => Snapshot} getSnapshot
 * @property {() => Snapshot} getServerSnapshot what the page was rendered with
 * @property {(after?: string | null) => Promise<Snapshot>} refetch asks once, for counts that have the commit `after`
 *   where it is given
 * @property {() => void} close
 */

export {};
