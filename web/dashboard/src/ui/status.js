// The state of the connection, in a word and never by colour alone. It is the only place of a page that is announced.

import { css, html, nothing } from "lit";
import { say } from "../model/words.js";
import { Shown } from "./shown.js";
import { shared } from "./theme.js";

export class BadgedStatus extends Shown {
  static styles = [
    shared,
    css`
      p {
        display: flex;
        align-items: center;
        gap: 0.5rem;
        font-size: 0.875rem;
        font-weight: 500;
        white-space: nowrap;
      }
      svg {
        flex: none;
        width: 0.625rem;
        height: 0.625rem;
        overflow: visible;
        fill: currentColor;
        stroke: currentColor;
        stroke-width: 2;
      }
      .good {
        color: var(--good);
      }
      .warn {
        color: var(--warn);
      }
      .bad {
        color: var(--bad);
      }
      .calm {
        color: var(--soft);
      }
      .warn svg,
      .bad svg,
      .calm svg {
        fill: none;
      }
    `,
  ];

  render() {
    const { session } = this;
    const said = session?.tenant ? say(session.snapshot) : null;
    const sign = html`<svg viewBox="0 0 10 10" aria-hidden="true"><circle cx="5" cy="5" r="4"></circle></svg>`;
    return html`<p role="status" class=${said?.tone ?? ""}>
      ${said ? html`${sign}<span>${said.word}</span>` : nothing}
    </p>`;
  }
}

customElements.define("badged-status", BadgedStatus);
