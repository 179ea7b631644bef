// A component that draws what a session holds, and draws again when that is another.

import { LitElement } from "lit";

/** @typedef {import("../model/session.js").Session} Session */
/** @typedef {import("../model/outline.js").Badge} Badge */

export class Shown extends LitElement {
  static properties = { session: { attribute: false }, badges: { attribute: false } };

  #draw = () => this.requestUpdate();

  constructor() {
    super();
    /** @type {Session | undefined} */ this.session = undefined;
    /** @type {Badge[]} */ this.badges = [];
  }

  connectedCallback() {
    super.connectedCallback();
    this.session?.addEventListener("change", this.#draw);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.session?.removeEventListener("change", this.#draw);
  }

  /** @param {Map<PropertyKey, unknown>} changed */
  willUpdate(changed) {
    if (!changed.has("session")) return;
    /** @type {Session | undefined} */ (changed.get("session"))?.removeEventListener("change", this.#draw);
    this.session?.addEventListener("change", this.#draw);
  }
}
