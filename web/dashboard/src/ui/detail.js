// The page of one badge: its number, and no list yet of what it counts.

import { css, html, nothing } from "lit";
import "./card.js";
import { Shown } from "./shown.js";
import { shared } from "./theme.js";

export class BadgedDetail extends Shown {
  static properties = { badge: { attribute: false } };

  static styles = [
    shared,
    css`
      .group {
        color: var(--soft);
      }
      h1 {
        font-size: 1.5rem;
        font-weight: 650;
        letter-spacing: -0.015em;
        line-height: 1.3;
        margin-block-end: 1.25rem;
      }
      badged-card {
        max-width: 30rem;
      }
      .name {
        margin-block-start: 1rem;
        max-width: 60ch;
        color: var(--soft);
      }
    `,
  ];

  constructor() {
    super();
    /** @type {import("../model/outline.js").Badge | undefined} */ this.badge = undefined;
  }

  render() {
    const { session, badge } = this;
    if (!session || !badge) return nothing;
    return html`<p class="group">${badge.group}</p>
      <h1>${badge.label}</h1>
      <badged-card .session=${session} .badge=${badge}></badged-card>
      <p class="name">
        The name of this badge is <code>${badge.name}</code>. What it counts is not listed here yet.
      </p>`;
  }
}

customElements.define("badged-detail", BadgedDetail);
