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
  const Channel = platform.BroadcastChannel;
  const channel = name != null && locks && Channel ? new Channel(name) : null;
  let isLeading = false;
  let heard = 0;
  /** @type {AbortController | undefined} */
  let turn;

  const tell = () => {
    if (isLeading) channel?.postMessage({ state: getState() });
  };

  const join = (steal = false) => {
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
    // A lock that was taken away rejects: back into the queue.
    locks.request(/** @type {string} */ (name), steal ? { steal } : { signal }, run).catch(() => {
      if (!signal.aborted) {
        mine.abort();
        join();
      }
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

  if (channel) {
    channel.onmessage = ({ data: { state } }) => {
      if (!state) tell();
      else if (!isLeading) {
        heard = platform.Date.now();
        onState(state);
      }
    };
  }

  return {
    tell,
    join,
    isLeading: () => isLeading,
    leave: () => turn?.abort(),
    close: () => channel?.close(),
  };
};
