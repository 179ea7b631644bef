// The badges of one tenant, live: what `createBadges` returns is a store for any framework, and for none.
import { createConnection } from './connection.js';
import { createLeader } from './leader.js';
import { createRequest } from './request.js';
import { createStore } from './store.js';
import { watchVisibility } from './visibility.js';

/** @typedef {import('./types.js').Badges} Badges */
/** @typedef {import('./types.js').Initial} Initial */
/** @typedef {import('./types.js').Options} Options */
/** @typedef {import('./types.js').Problem} Problem */
/** @typedef {import('./types.js').Snapshot} Snapshot */
/** @typedef {import('./types.js').Status} Status */

const REST_MS = 1000; // without a subscriber before the stream is let go: views come and go in pairs

/**
 * Nothing is asked for before the first subscription.
 * @param {Options} [options]
 * @param {typeof globalThis} [platform] in place of the browser, in tests
 * @returns {Badges}
 */
export const createBadges = (options = {}, platform = globalThis) => {
  const { url = '/api/sidebar/badges', key, initial, hiddenSeconds = 30, staleSeconds = 40 } = options;
  const store = createStore(initial, platform.reportError);
  const atFirst = store.get();
  const connection = createConnection(options, store, createRequest(options, platform), platform);
  const leader = createLeader({
    name: key == null ? null : `badged ${url} ${key}`,
    silenceMs: staleSeconds * 1000,
    lead: connection.run,
    getState: store.get,
    onState: store.set,
  }, platform);
  store.listeners.add(leader.tell);

  let isAway = false;
  let isJoined = false;
  let isClosed = false;
  /** @type {(() => void) | undefined} */
  let unwatch;
  /** @type {ReturnType<typeof setTimeout>} */
  let resting;

  const hasSubscribers = () => store.listeners.size > 1;

  const update = () => {
    const isWanted = hasSubscribers() && !isAway && !isClosed;
    if (isWanted == isJoined) return false;
    isJoined = isWanted;
    if (!isWanted) leader.leave();
    // Nobody watches over the numbers from here on; or nobody did, though another tab was heard once. Whoever looks
    // again sees that first.
    if (/live|polling/.test(store.get().status)) {
      connection.doubt(); // they are of the last contact: a machine may have slept since
      store.set({ status: 'stale' });
    }
    if (isWanted) leader.join();
    return true;
  };

  const rest = () => {
    if (hasSubscribers() && !isClosed) return;
    unwatch?.();
    unwatch = undefined;
    isAway = false;
    update();
    leader.close();
  };

  return {
    subscribe(listener) {
      // A function of its own, so that one listener can subscribe twice.
      const own = (/** @type {Snapshot} */ snapshot) => listener(snapshot);
      store.listeners.add(own);
      platform.clearTimeout(resting);
      unwatch ??= watchVisibility({
        hiddenMs: hiddenSeconds * 1000,
        onBack(isSure) {
          isAway = false;
          if (!update()) connection.kick(isSure);
        },
        onAway() {
          isAway = true;
          update();
        },
        onOffline: () => connection.doubt(),
      }, platform);
      update();
      return () => {
        store.listeners.delete(own);
        platform.clearTimeout(resting);
        resting = platform.setTimeout(rest, REST_MS);
      };
    },
    getSnapshot: store.get,
    getServerSnapshot: () => atFirst,
    refetch: connection.refetch,
    close() {
      isClosed = true;
      rest();
    },
  };
};
