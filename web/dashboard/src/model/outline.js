// What the sidebar lists, from GET /api/sidebar, as the pages need it.

/**
 * @typedef {{name: string, label: string, zero?: number | null, items?: Item[]}} Item
 * @typedef {{name: string, label: string, group: string, zero: number | null, path: string}} Badge
 */

// The pages of the dashboard that have a path of their own; the server answers these. Any other badge has the part
// of the overview's address behind "#".
const PATHS = /** @type {Record<string, string>} */ ({
  "knowledge.sources": "/sources",
  "knowledge.crawlFailures": "/crawl-failures",
  conversations: "/conversations",
  feedback: "/feedback",
  "automation.outbox": "/outbox",
  "integrations.installed": "/integrations",
});

export const pathOf = (/** @type {string} */ name) => PATHS[name] ?? `/#${name}`;

/** Every badge of an outline, in its order. @returns {Badge[]} */
export function badgesOf(/** @type {Item[]} */ items, group = "") {
  return items.flatMap(({ name, label, zero = null, items: inner }) =>
    inner
      ? badgesOf(inner, group ? `${group} / ${label}` : label)
      : [{ name, label, group, zero, path: pathOf(name) }],
  );
}

/** Where each badge leads: what a sidebar is told. */
export function linksOf(/** @type {Badge[]} */ badges) {
  return Object.fromEntries(badges.map(({ name, path }) => [name, path]));
}

/** The badge that an address names: null for the overview, undefined where there is none such. */
export function badgeAt(
  /** @type {Badge[]} */ badges,
  /** @type {{pathname: string, hash: string}} */ { pathname, hash },
) {
  if (pathname === "/" && hash.length <= 1) return null;
  return badges.find(({ path }) => path === pathname + hash) ?? badges.find(({ path }) => path === pathname);
}

/**
 * The answer of GET /api/sidebar/badges that the counts came from, whose order they kept. There a badge with nothing to
 * show may be null.
 */
export function answerOf(
  /** @type {Readonly<Record<string, number | null>>} */ counts,
  /** @type {Badge[]} */ badges,
) {
  const zeros = new Map(badges.map(({ name, zero }) => [name, zero]));
  const answer = /** @type {Record<string, any>} */ ({});
  for (const [name, value] of Object.entries(counts)) {
    const parts = name.split(".");
    const last = /** @type {string} */ (parts.pop());
    let place = answer;
    for (const part of parts) place = place[part] ??= {};
    place[last] = value === 0 ? (zeros.get(name) ?? null) : value;
  }
  return answer;
}
