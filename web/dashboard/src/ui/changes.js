// What changed while somebody looked.

import { css, html, nothing } from "lit";
import { clockTime, exact } from "../model/words.js";
import { Shown } from "./shown.js";
import { shared, titled } from "./theme.js";

export class BadgedChanges extends Shown {
  static styles = [
    shared,
    titled,
    css`
      ol {
        max-height: 21rem;
        overflow: auto;
        margin-inline: -0.5rem;
        padding-inline: 0.5rem;
      }
      li {
        display: flex;
        flex-wrap: wrap;
        gap: 0 0.75rem;
        padding-block: 0.4375rem;
        border-block-end: 1px solid var(--line);
        font-variant-numeric: tabular-nums;
      }
      li:last-child {
        border: 0;
      }
      time {
        color: var(--soft);
      }
      .what {
        flex: 1;
        min-width: 8rem;
      }
      .group {
        color: var(--soft);
      }
      .step {
        font-weight: 600;
      }
    `,
  ];

  render() {
    const changes = this.session?.changes ?? [];
    return html`<section class="panel" aria-labelledby="title">
      <h2 id="title">What changed</h2>
      ${
        changes.length === 0
          ? html`<p class="soft">Nothing since this page was opened.</p>`
          : html`<ol tabindex="0" aria-labelledby="title">
              ${changes.map((change) => this.#line(change))}
            </ol>`
      }
    </section>`;
  }

  #line(/** @type {import("../model/changes.js").Change} */ { name, before, now, at }) {
    const badge = this.badges.find((one) => one.name === name);
    return html`<li>
      <time datetime=${new Date(at).toISOString()}>${clockTime(at)}</time>
      <span class="what"
        >${badge?.group ? html`<span class="group">${badge.group} /</span> ` : nothing}${badge?.label ?? name}</span
      >
      <span class="step">${exact(before)} → ${exact(now)}</span>
    </li>`;
  }
}

customElements.define("badged-changes", BadgedChanges);
