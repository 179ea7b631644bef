// When the page is looked at, and when it comes back from wherever it was.

/**
 * @param {object} options
 * @param {number} options.hiddenMs that a page may be hidden before it counts as away
 * @param {(isSure: boolean) => void} options.onBack it is there; isSure when the network is another one
 * @param {() => void} options.onAway
 * @param {() => void} options.onOffline
 * @param {typeof globalThis} platform
 * @returns {() => void} what ends the watch
 */
export const watchVisibility = ({ hiddenMs, onBack, onAway, onOffline }, platform) => {
  const { document } = platform;
  /** @type {ReturnType<typeof setTimeout>} */
  let timer;
  const look = () => {
    platform.clearTimeout(timer);
    if (document?.hidden) timer = platform.setTimeout(onAway, hiddenMs);
    else onBack(false);
  };
  /** @type {[EventTarget | undefined, string, () => unknown][]} */
  const watched = [
    [document, 'visibilitychange', look],
    [document, 'resume', look],
    [document, 'freeze', onAway],
    [platform, 'pageshow', look],
    [platform, 'pagehide', onAway],
    [platform, 'online', () => document?.hidden || onBack(true)],
    [platform, 'offline', onOffline],
  ];
  const unwatch = new AbortController();
  for (const [target, type, listener] of watched) target?.addEventListener?.(type, listener, unwatch);
  if (document?.hidden) look(); // a page may be opened behind another
  return () => {
    platform.clearTimeout(timer);
    unwatch.abort();
  };
};
