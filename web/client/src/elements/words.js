// What is said of a count, to eyes and ears, in the language of the page.

/** @import { Snapshot } from '../types.js' */

/**
 * The words, with `{n}` for the number and `{t}` for a time. `open` may have forms, as `Intl.PluralRules` names them:
 * `{open: '{n} offen', 'open one': '{n} offene'}`.
 * @type {Record<string, string>}
 */
export const messages = {
  open: '{n} open',
  none: 'none open',
  unknown: 'count unavailable',
  old: 'as of {t}',
  unauthorized: 'Sign in to see counts',
  home: 'Dashboard',
  name: 'Sidebar',
};

/** @param {Snapshot} snapshot @param {string | undefined} lang what is said of the age of stale numbers, or '' */
export const ageOf = ({ status, updatedAt }, lang) =>
  /stale|offline/.test(status) && updatedAt
    ? messages.old.replace('{t}', new Intl.DateTimeFormat(lang, { timeStyle: 'short' }).format(updatedAt))
    : '';

/**
 * @param {number | null | undefined} count
 * @param {Snapshot} snapshot
 * @param {{lang?: string, max?: number, isCompact?: boolean, showZero?: boolean}} how
 * @returns {{text: string, spoken: string, kind: string}} what is seen, what is heard, and the class
 */
export const describe = (count, snapshot, { lang, max = 99, isCompact, showZero }) => {
  const age = ageOf(snapshot, lang);
  if (count == null) return { text: '–', spoken: messages.unknown, kind: 'u' };
  if (!count && !showZero) return { text: '', spoken: '', kind: '' };
  const format = (/** @type {number} */ n, /** @type {Intl.NumberFormatOptions} */ options = {}) =>
    new Intl.NumberFormat(lang, options).format(n);
  const open = messages['open ' + new Intl.PluralRules(lang).select(count)] ?? messages.open;
  const spoken = open.replace('{n}', format(count));
  return {
    text: isCompact
      ? format(count, { notation: 'compact', maximumFractionDigits: 1 })
      : count > max ? format(max) + '+' : format(count),
    spoken: age ? `${spoken}, ${age}` : spoken,
    kind: (age && 'o') + (count ? '' : ' z'),
  };
};
