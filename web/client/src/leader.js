// Which of the tabs holds the stream: the one that holds a Web Lock. The others hear from it on a BroadcastChannel.
//
// Where either is missing, and where nobody said who is asking, each tab is its own leader.

/**
 * @template State
 * @param {object} options
 * @param {string | null} options.name of lock and channel; null when nothing is to be shared
 * @param {number} options.silenceMs after which a leader that says nothing has its lock taken away
 * @param {(signal: AbortSignal) => void} options.lead until the signal says so
 * @param {() => State} options.getState what the leader tells the others
 * @param {(state: State) => void} options.onState in a tab that does not lead
 * @param {typeof globalThis} platform
 */
export const createLeader = ({ name, silenceMs, lead, getState, onState }, platform) => {
  const locks = platform.navigator?.locks;
  /** @type {BroadcastChannel | undefined} */
  let channel;
  let isLeading = false;
  let heard = 0;
  /** @type {AbortController | undefined} */
  let turn;

  const tell = () => {
    if (isLeading) channel?.postMessage({ state: getState() });
  };

  /** Not before somebody looks: a store that is made and thrown away, such as on a server, leaves nothing open. */
  const open = () => {
    if (name == null || !locks || channel) return;
    try {
      channel = new platform.BroadcastChannel(name);
    } catch {
      return; // there is none, or the browser keeps nothing for this site
    }
    channel.onmessage = ({ data }) => {
      const state = data?.state;
      if (!state) tell();
      else if (!isLeading && state.counts) { // what another version of this says may be anything
        heard = platform.Date.now();
        onState(state);
      }
    };
  };

  const join = (steal = false) => {
    open();
    const mine = (turn = new AbortController());
    const { signal } = mine;
    const run = () => new Promise((resolve) => {
      if (signal.aborted) return resolve(0);
      isLeading = true;
      signal.addEventListener('abort', () => {
        isLeading = false;
        resolve(0);
      });
      lead(signal);
    });
    heard = platform.Date.now();
    if (!channel) return void run();
    channel.postMessage({});
    // A lock that was taken away rejects: back into the queue. One that is refused does so before it was held: on one's own.
    locks.request(/** @type {string} */ (name), steal ? { steal } : { signal }, run).catch(() => {
      if (signal.aborted) return;
      if (!isLeading) return void run();
      mine.abort();
      join();
    });
    const watch = () => {
      if (signal.aborted) return;
      if (isLeading) tell();
      else if (platform.Date.now() - heard > silenceMs) {
        mine.abort();
        return join(true);
      }
      platform.setTimeout(watch, silenceMs / 8);
    };
    watch();
  };

  return {
    tell,
    join,
    leave: () => turn?.abort(),
    close() {
      channel?.close();
      channel = undefined;
    },
  };
};
