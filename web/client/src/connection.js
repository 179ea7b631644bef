// Follows the server: by its stream where that can be had, by conditional polling where not. It decides when to ask
// again, and says in the store how far the numbers can be relied upon.
import { createParser } from 'eventsource-parser';
import { countsOf, isOlder, problemOf } from './wire.js';

/** @import { Problem, Options } from './types.js' */

const CONNECT_MS = 10_000; // from an attempt to the first event, or to the answer of a poll
const FRESH_MS = 20_000; // a stream with a word younger than this needs no look: the server says one each 15 s
const SETTLED_MS = 5_000; // a stream that lived so long was a good one
const BACKOFF_MS_MAX = 30_000;
const UNAUTHORIZED_MS = 60_000;
const RETRY_AFTER_MS_MAX = 600_000;
const EVENT_BYTES_MAX = 1 << 20;

const NOTHING = { status: 0, title: '', detail: '', retryAfter: 0 };
const OLDER = 'Older than known';

/** @param {any} error what was thrown, here or by the browser */
const problemFrom = (error) =>
  error?.retryAfter >= 0 ? error : { ...NOTHING, title: `${error?.name ?? 'Error'}`, detail: `${error?.message ?? error}` };

/**
 * @param {Options} options
 * @param {ReturnType<typeof import('./store.js').createStore>} store
 * @param {ReturnType<typeof import('./request.js').createRequest>} request
 * @param {typeof globalThis} platform
 */
export const createConnection = (options, store, request, platform) => {
  const { url = '/api/sidebar/badges', pollSeconds = 15, staleSeconds = 40 } = options;
  const staleMs = staleSeconds * 1000;
  const now = () => platform.Date.now();

  let contact = 0; // when the server was last heard
  let started = 0; // when the last attempt began
  let isOpen = false; // the stream has brought the state
  let isStale = false; // the server says that it may not have the newest
  let failures = 0; // streams that failed in a row
  let misses = 0; // attempts that failed in a row, of either kind
  let refusedAt = 0; // since when each answer is older than what is known
  let nextStream = 0;
  let nextPoll = Infinity;
  let retryMs = 1000;
  let pauseMs = 0; // what the server asked for since its last event
  /** @type {string | null} of the poll that brought `polled` */
  let etag = null;
  /** @type {Readonly<Record<string, number | null>> | undefined} */
  let polled;
  let isKicked = false;
  /** @type {AbortController | undefined} */
  let attempt;
  let wake = () => {};

  /** @param {string} title @returns {never} */
  const refuse = (title) => {
    throw { ...NOTHING, title };
  };

  /**
   * The answer, of this type.
   * @param {string} path
   * @param {string} type
   * @param {Record<string, string> | null} headers
   * @param {AbortSignal} [signal]
   */
  const ask = async (path, type, headers, signal) => {
    const response = await request.send(url + path, { Accept: type, ...headers }, signal);
    if (response.status == 304 || (response.ok && response.headers.get('content-type')?.startsWith(type))) return response;
    throw await problemOf(response);
  };

  /** Answers of the past come from a replica behind, unless there is nothing else for long: then history changed.
   * @param {string | null | undefined} asOf */
  const isRefused = (asOf) => {
    if (!isOlder(asOf, store.get().asOf)) refusedAt = 0;
    else if (now() - (refusedAt ||= now()) < staleMs) return true;
    else store.set({ asOf: null });
    return false;
  };

  /**
   * @param {object | false} answer false when it is what it was
   * @param {string | null | undefined} asOf
   * @param {import('./types.js').Status} status
   * @param {number} [age] seconds for which the server has not known better
   */
  const show = (answer, asOf, status, age = 0) => {
    misses = 0;
    store.set({
      status, error: null, ...(asOf && { asOf }), ...(answer && { counts: countsOf(answer) }),
      ...((answer || age) && { updatedAt: now() - age * 1000 }),
    });
  };

  /** The counts, none of which is known. */
  const forgotten = () => Object.fromEntries(Object.keys(store.get().counts).map((name) => [name, null]));

  /** @param {string} after @param {AbortSignal} [signal] */
  const poll = async (after, signal) => {
    const response = await ask(
      after && '?after=' + encodeURIComponent(after), 'application/json',
      etag && polled == store.get().counts ? { 'If-None-Match': etag } : null, signal);
    const { headers } = response;
    const asOf = headers.get('badged-as-of');
    const answer = response.status != 304 && await response.json();
    if (isRefused(asOf)) refuse(OLDER);
    contact = now();
    const age = headers.get('badged-stale');
    show(answer, asOf, age ? 'stale' : store.get().status == 'live' ? 'live' : 'polling', +(age ?? 0));
    if (answer) [etag, polled] = [headers.get('etag'), store.get().counts];
  };

  /** @param {import('eventsource-parser').EventSourceMessage} message */
  const onEvent = ({ event, id, data }) => {
    if (event == 'reauth') return void request.renew().then(() => kick(true));
    const body = JSON.parse(data);
    if (event == 'badges') {
      // Within a stream an event of the past was held up on the way, and the newer one is here.
      if (isOpen ? isOlder(id, store.get().asOf) : isRefused(id)) return isOpen || refuse(OLDER);
      isOpen = true;
      nextPoll = Infinity;
      pauseMs = 0;
      show(body, id, isStale ? 'stale' : 'live');
    } else if (event == 'status') {
      isOpen = true;
      const { status, since } = body;
      isStale = status == 'stale';
      store.set(status == 'unknown'
        ? { status: 'loading', counts: forgotten(), asOf: null, error: { ...NOTHING, status: 503, title: 'Counts unknown' } }
        : { status, updatedAt: Date.parse(since) || now() });
    }
  };

  /** @param {AbortSignal} signal */
  const stream = async (signal) => {
    const { asOf } = store.get();
    const response = await ask('/stream', 'text/event-stream', asOf ? { 'Last-Event-ID': asOf } : null, signal);
    const parser = createParser({
      onEvent(message) {
        bytes = 0;
        onEvent(message);
      },
      onRetry: (ms) => (retryMs = Math.max(1000, pauseMs = Math.min(ms, RETRY_AFTER_MS_MAX))),
    });
    let bytes = 0; // since the last event: what never ends is not kept
    const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
    const decoder = new TextDecoder();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return now() - started < SETTLED_MS && refuse('Stream ended');
      contact = now();
      if ((bytes += value.length) > EVENT_BYTES_MAX) refuse('Endless event');
      parser.feed(decoder.decode(value, { stream: true }));
    }
  };

  /** What is known of the numbers by now, after something failed or nothing was heard. @param {Problem} [problem] */
  const doubt = (problem) => {
    const { status, updatedAt, counts, error, asOf } = store.get();
    const isUnauthorized = problem ? /40[13]/.test('' + problem.status) : status == 'unauthorized';
    const isOffline = platform.navigator?.onLine === false;
    const isLost = misses > 1 || now() - contact > staleMs;
    store.set({
      counts: isUnauthorized ? forgotten() : counts,
      status: isUnauthorized ? 'unauthorized' : isOffline ? 'offline'
        : status == 'offline' ? asOf ? 'stale' : 'loading' : isLost && asOf ? 'stale' : status,
      updatedAt: /stale|offline/.test(status) || !asOf ? updatedAt : contact || updatedAt,
      error: problem ?? error,
    });
    return isUnauthorized;
  };

  /** @param {any} error @param {boolean} isPoll */
  const failed = (error, isPoll) => {
    const problem = problemFrom(error);
    const random = platform.Math.random();
    if (isPoll || nextPoll == Infinity) misses++; // while polls go well, a stream that does not is no news
    if (!isPoll) failures++;
    const isUnauthorized = doubt(problem);
    const after = Math.min(problem.retryAfter, RETRY_AFTER_MS_MAX) * (1 + random / 10);
    const then = now() + Math.max(after, isUnauthorized
      ? UNAUTHORIZED_MS * (0.5 + random)
      : random * Math.min(BACKOFF_MS_MAX, retryMs * 2 ** (isPoll ? misses : failures)));
    if (isPoll) nextPoll = then;
    else {
      nextStream = then;
      // A server that answers may still answer polls; one that does not is asked for both once it was missed twice.
      if (nextPoll == Infinity && (problem.status || failures > 1)) nextPoll = 0;
    }
    if (after) {
      nextStream = Math.max(nextStream, then);
      nextPoll = Math.max(nextPoll, then);
    }
    if (isUnauthorized) nextPoll = Infinity;
  };

  const once = async () => {
    const isPoll = nextPoll <= nextStream;
    const { signal } = (attempt = new AbortController());
    started = now();
    isOpen = isStale = isKicked = false;
    try {
      // What hangs without looking at the signal, such as getToken, is left behind.
      await Promise.race([
        isPoll ? poll('', signal) : stream(signal),
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
      ]);
      if (isPoll) nextPoll = now() + pollSeconds * 1000;
      else [failures, nextStream] = [0, now() + pauseMs];
    } catch (error) {
      if (isOpen && now() - started > SETTLED_MS) failures = 0;
      if (!isKicked) failed(error, isPoll);
    }
    attempt.abort();
    attempt = undefined;
    isOpen = false;
  };

  /**
   * Look again at once, if there is a reason to.
   * @param {boolean} isSure that what there is will not do
   */
  const kick = (isSure) => {
    if (attempt && (now() - started < 1000 || (!isSure && isOpen && now() - contact < FRESH_MS))) return;
    isKicked = true;
    failures = nextStream = 0;
    nextPoll = Infinity;
    attempt?.abort();
    wake();
  };

  return {
    kick,
    doubt,
    /** @param {string | null} [after] */
    async refetch(after) {
      try {
        await poll(after ?? '');
      } catch (error) {
        // It changes nothing where somebody follows; else it is all that is known.
        if (!attempt) store.set({ error: problemFrom(error) });
      }
      return store.get();
    },
    /** Follow until the signal says so. @param {AbortSignal} signal */
    async run(signal) {
      let last = now();
      [contact, failures, misses, nextStream, nextPoll] = [last, 0, 0, 0, Infinity];
      /** @type {ReturnType<typeof setTimeout> | undefined} */
      let timer;
      const tick = () => {
        // Neither a machine that slept nor a clock that was set back is waited for.
        if (Math.abs(now() - last - 1000) > FRESH_MS) kick(true);
        last = now();
        const isQuiet = isOpen ? last - contact > staleMs : last - started > Math.min(CONNECT_MS, staleMs);
        if (attempt && isQuiet) attempt.abort({ ...NOTHING, title: 'No word from it' });
        else if (last - contact > staleMs) doubt();
        timer = platform.setTimeout(tick, 1000);
      };
      tick();
      signal.addEventListener('abort', () => {
        isKicked = true;
        attempt?.abort();
        wake();
      });
      while (!signal.aborted) {
        const wait = Math.min(nextStream, nextPoll) - now();
        if (wait > 0) {
          await new Promise((resolve) => {
            wake = () => resolve(0);
            platform.setTimeout(resolve, wait);
          });
        } else await once();
      }
      platform.clearTimeout(timer);
    },
  };
};
