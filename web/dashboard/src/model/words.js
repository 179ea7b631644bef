// What the pages say: numbers, times, and the state of the connection.

const numbers = new Intl.NumberFormat();
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });

export const exact = (/** @type {number} */ n) => numbers.format(n);
export const clockTime = (/** @type {number} */ at) => clock.format(at);

/** How long ago a drawing begins. */
export function ago(/** @type {number} */ ms) {
  const minutes = Math.round(ms / 60_000);
  return minutes >= 60 ? "1 hour ago" : `${minutes} min ago`;
}

/**
 * @typedef {import("@badged/client").Snapshot} Snapshot
 * @typedef {{word: string, tone: "calm" | "good" | "warn" | "bad", sentence: string}} Said
 */

/** The problem that an answer was, as a sentence. */
function reason(/** @type {Snapshot["error"]} */ error) {
  const text = error?.detail || error?.title || "";
  return text && text[0].toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");
}

/** The state of the connection: one word, and what it means. @returns {Said} */
export function say(/** @type {Snapshot} */ { status, updatedAt, counts, error }) {
  const known = Object.values(counts).some((count) => count !== null);
  const since = updatedAt === null ? "" : ` The numbers are those of ${clockTime(updatedAt)}.`;
  switch (status) {
    case "live":
      return { word: "Live", tone: "good", sentence: "Every number is exact, and follows the database." };
    case "polling":
      return {
        word: "Live, by asking",
        tone: "good",
        sentence: "No stream comes through here, so badged is asked every few seconds.",
      };
    case "stale":
      if (!known)
        return {
          word: "Not known",
          tone: "bad",
          sentence: `badged does not know the counts now. ${reason(error)}`.trim(),
        };
      return { word: "Stale", tone: "warn", sentence: `What came since is not known.${since}` };
    case "offline":
      return { word: "Offline", tone: "bad", sentence: `This browser does not reach badged.${known ? since : ""}` };
    case "unauthorized":
      return {
        word: "No access",
        tone: "bad",
        sentence: `badged does not answer for this tenant. ${reason(error)}`.trim(),
      };
    default:
      if (error)
        return {
          word: "Not known",
          tone: "bad",
          sentence: `badged does not know the counts yet. ${reason(error)}`.trim(),
        };
      return { word: "Connecting", tone: "calm", sentence: "Asking for the counts." };
  }
}
