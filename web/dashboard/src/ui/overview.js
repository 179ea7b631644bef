// The first page: a card for each badge that counts something.

import { css, html, nothing } from "lit";
import { say } from "../model/words.js";
import "./card.js";
import { Shown } from "./shown.js";
import { shared } from "./theme.js";

export class BadgedOverview extends Shown {
  static styles = [
    shared,
    css`
      header {
        display: flex;
        flex-wrap: wrap;
        align-items: baseline;
        justify-content: space-between;
        gap: 0.25rem 2rem;
        margin-block-end: 1.25rem;
      }
      h1 {
        font-size: 1.5rem;
        font-weight: 650;
        letter-spacing: -0.015em;
        line-height: 1.3;
        overflow-wrap: anywhere;
      }
      .sentence {
        max-width: 60ch;
        color: var(--soft);
      }
      .as-of {
        font-size: 0.8125rem;
        color: var(--soft);
      }
      .cards {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(min(100%, max(17rem, 26%)), 1fr));
        gap: 1rem;
      }
      .failed {
        margin-block-end: 1rem;
        color: var(--soft);
      }
    `,
  ];

  /** Those that count something, once the server said which these are. */
  get #shown() {
    const counted = this.session?.course.counted;
    if (counted) return this.badges.filter(({ name }) => counted.includes(name));
    return this.session?.hasCourseFailed ? this.badges : [];
  }

  render() {
    const { session } = this;
    if (!session) return nothing;
    const { asOf } = session.snapshot;
    return html`<header>
        <div>
          <h1>Overview</h1>
          <p class="sentence">${say(session.snapshot).sentence}</p>
        </div>
        ${asOf ? html`<p class="as-of">As of <code>${asOf}</code></p>` : nothing}
      </header>
      ${session.hasCourseFailed ? html`<p class="failed">The course of the last hour could not be had.</p>` : nothing}
      <div class="cards">
        ${this.#shown.map((badge) => html`<badged-card .session=${session} .badge=${badge}></badged-card>`)}
      </div>`;
  }
}

customElements.define("badged-overview", BadgedOverview);
