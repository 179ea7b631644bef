// The answer that programs get, from the numbers that are shown.

import { css, html, nothing } from "lit";
import { answerOf } from "../model/outline.js";
import { Shown } from "./shown.js";
import { shared, titled } from "./theme.js";

export class BadgedAnswer extends Shown {
  static styles = [
    shared,
    titled,
    css`
      p {
        color: var(--soft);
        margin-block: 0.5rem;
      }
      pre {
        margin: 0;
        padding: 0.625rem 0.75rem;
        overflow: auto;
        background: var(--sunken);
        border: 1px solid var(--line);
        border-radius: 0.5rem;
      }
    `,
  ];

  render() {
    if (!this.session) return nothing;
    const { counts } = this.session.snapshot;
    const values = Object.values(counts);
    const isKnown = values.length > 0 && !values.includes(null);
    const answer = isKnown ? JSON.stringify(answerOf(counts, this.badges), null, 2) : "not known";
    return html`<section class="panel" aria-labelledby="title">
      <h2 id="title">The answer</h2>
      <p><code>GET /api/sidebar/badges</code></p>
      <pre tabindex="0" role="region" aria-label="Answer as JSON">${answer}</pre>
    </section>`;
  }
}

customElements.define("badged-answer", BadgedAnswer);
