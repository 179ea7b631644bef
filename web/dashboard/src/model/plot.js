// A staircase as the paths of a small drawing, and in words.

/**
 * @typedef {import("./course.js").Point} Point
 * @typedef {{line: string, area: string, end: {x: number, y: number} | null, low: number, high: number}} Plot
 */

/** Where the vertical scale begins: at zero, but for numbers that would be a flat line at the top of it. */
function scale(/** @type {number} */ low, /** @type {number} */ high) {
  const base = low > high * 0.6 && high > low ? Math.max(0, low - (high - low) * 0.5) : 0;
  return { base, range: Math.max(1, (high - base) * 1.1) };
}

const round = (/** @type {number} */ n) => Math.round(n * 100) / 100;

/**
 * The paths of a staircase that holds until `to`. A value that is not known leaves a gap.
 * @param {Point[]} points
 * @param {{from: number, to: number, width: number, height: number}} box
 * @returns {Plot | null} null where nothing is known
 */
export function plot(points, { from, to, width, height }) {
  const known = points.flatMap(({ value }) => (value === null ? [] : [value]));
  if (known.length === 0) return null;
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const { base, range } = scale(low, high);
  const x = (/** @type {number} */ at) => round(((Math.max(at, from) - from) / (to - from)) * width);
  const y = (/** @type {number} */ value) => round(height - ((value - base) / range) * height);
  let line = "";
  let area = "";
  points.forEach(({ at, value }, i) => {
    if (value === null) return;
    const next = points[i + 1]?.at ?? to;
    const isStart = i === 0 || points[i - 1].value === null;
    const isEnd = i === points.length - 1 || points[i + 1].value === null;
    line += `${isStart ? `M${x(at)} ${y(value)}` : `V${y(value)}`}H${x(next)}`;
    area += `${isStart ? `M${x(at)} ${height}` : ""}V${y(value)}H${x(next)}${isEnd ? `V${height}Z` : ""}`;
  });
  const last = points[points.length - 1].value;
  return { line, area, end: last === null ? null : { x: x(to), y: y(last) }, low, high };
}

/** What the drawing shows, for who does not see it. */
export function describe(/** @type {Plot | null} */ drawn, /** @type {string} */ span, format = String) {
  if (!drawn) return `${span}: not known`;
  const { low, high } = drawn;
  return low === high ? `${span}: ${format(low)} throughout` : `${span}: between ${format(low)} and ${format(high)}`;
}
