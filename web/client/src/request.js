// One request with the credential of the moment.

/** @import { Options } from './types.js' */

/**
 * @param {Options} options
 * @param {typeof globalThis} platform
 */
export const createRequest = ({ getToken, headers, credentials = 'same-origin', fetch }, platform) => {
  /** @type {Promise<string | null | undefined> | undefined} */
  let ahead;
  return {
    /** Get the token of the next request now, while the old one still serves. It does not fail; the request will. */
    renew() {
      ahead = (async () => getToken?.({ skipCache: true }))();
      return ahead.catch(() => {});
    },
    /**
     * A 401 is tried once more, with a token that was asked for after it.
     * @param {string} url
     * @param {Record<string, string>} extra headers
     * @param {AbortSignal} [signal]
     */
    async send(url, extra, signal) {
      for (let isAgain = false; ; isAgain = true) {
        const early = ahead;
        ahead = undefined;
        const token = await (early ?? getToken?.({ skipCache: isAgain }));
        const response = await (fetch ?? platform.fetch)(url, {
          headers: {
            ...(typeof headers == 'function' ? headers() : headers),
            ...(token && { Authorization: 'Bearer ' + token }),
            ...extra,
          },
          cache: 'no-store',
          credentials,
          signal,
        });
        if (response.status != 401 || isAgain || !getToken) return response;
        response.body?.cancel();
      }
    },
  };
};
