// What the pages know of one tenant: its numbers, their course, and what changed while somebody looked.

import { changesBetween, withChanges } from "./changes.js";
import { Course } from "./course.js";

/**
 * @typedef {import("@badged/client").Snapshot} Snapshot
 * @typedef {import("@badged/client").Badges} Badges
 * @typedef {import("./changes.js").Change} Change
 */

const URL = "/api/sidebar/badges";
const SKEW_MS = 5000; // that two clocks may differ by before it is made up for
/** @type {Snapshot} */
const NOTHING = Object.freeze({
  counts: Object.freeze({}),
  status: "loading",
  asOf: null,
  updatedAt: null,
  error: null,
});

const isCurrent = (/** @type {Snapshot} */ { status }) => status === "live" || status === "polling";
/** Something came in between: what is there again may have a gap behind it. */
const isLost = (/** @type {Snapshot} */ state) =>
  state.status === "loading" ? state.error !== null : !isCurrent(state);

/** Tells "change" whenever something that it holds is another. */
export class Session extends EventTarget {
  /** @type {string | null} */ tenant = null;
  /** @type {Badges | null} */ store = null;
  snapshot = NOTHING;
  course = new Course();
  /** @type {Change[]} */ changes = [];
  /** Whether the course was asked for in vain; the numbers are there all the same. */
  hasCourseFailed = false;
  #unsubscribe = () => {};

  /** @param {{createBadges: (options: object) => Badges, fetch?: typeof fetch, now?: () => number}} with_ */
  constructor({ createBadges, fetch = globalThis.fetch.bind(globalThis), now = Date.now }) {
    super();
    this.createBadges = createBadges;
    this.fetch = fetch;
    this.now = now;
  }

  /** Leave the tenant there was, and begin with another. */
  choose(/** @type {string} */ tenant) {
    this.close();
    this.tenant = tenant;
    const headers = { "X-Tenant-Id": tenant };
    const store = this.createBadges({ url: URL, headers, key: tenant });
    this.store = store;
    this.#unsubscribe = store.subscribe(() => this.#take(store.getSnapshot()));
    this.#take(store.getSnapshot());
    this.loadCourse();
  }

  close() {
    this.#unsubscribe();
    this.store?.close();
    Object.assign(this, { store: null, tenant: null, snapshot: NOTHING, course: new Course(), changes: [] });
    this.hasCourseFailed = false;
    this.#tell();
  }

  /** The time until which the numbers are known. */
  get knownUntil() {
    return isCurrent(this.snapshot) ? this.now() : (this.snapshot.updatedAt ?? 0);
  }

  /** Ask the server for the last hour. */
  async loadCourse() {
    const { tenant, course } = this;
    if (tenant === null) return;
    let hasFailed = false;
    try {
      const response = await this.fetch(`${URL}/history`, { headers: { "X-Tenant-Id": tenant } });
      if (!response.ok) throw new Error(String(response.status));
      const ahead = this.now() - Date.parse(response.headers.get("Date") ?? "");
      course.load(await response.json(), Math.abs(ahead) > SKEW_MS ? ahead : 0);
    } catch {
      hasFailed = course.counted === null;
    }
    if (course !== this.course) return; // another tenant was chosen since
    this.hasCourseFailed = hasFailed;
    this.#tell();
  }

  #take(/** @type {Snapshot} */ snapshot) {
    const before = this.snapshot;
    this.snapshot = snapshot;
    const now = this.now();
    this.changes = withChanges(this.changes, changesBetween(before.counts, snapshot.counts, now));
    if (isCurrent(snapshot)) {
      this.course.note(snapshot.counts, now);
      if (isLost(before)) this.loadCourse();
    }
    this.#tell();
  }

  #tell() {
    this.dispatchEvent(new Event("change"));
  }
}
