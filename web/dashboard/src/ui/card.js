// A badge on the overview: its number, its course, and what changed last.

import { css, html, nothing, svg } from "lit";
import { describe, plot } from "../model/plot.js";
import { ago, clockTime, exact } from "../model/words.js";
import { Shown } from "./shown.js";
import { shared } from "./theme.js";

const WIDTH = 240;
const HEIGHT = 64;
const NEW_MS = 2000;

/** @typedef {import("../model/session.js").Session} Session */

const drawing = (/** @type {NonNullable<ReturnType<typeof plot>>} */ drawn) => svg`
  <path class="area" d=${drawn.area} fill="url(#fade)"></path>
  <path class="line" d=${drawn.line}></path>
  ${drawn.end ? svg`<path class="end" d=${`M${drawn.end.x} ${drawn.end.y}h0`}></path>` : nothing}`;

export class BadgedCard extends Shown {
  static properties = { badge: { attribute: false } };

  static styles = [
    shared,
    css`
      article {
        height: 100%;
        display: grid;
        grid-template-rows: auto auto 1fr auto;
        overflow: hidden;
      }
      header {
        padding: 1rem 1.125rem 0;
      }
      h2 {
        display: flex;
        flex-wrap: wrap;
        justify-content: space-between;
        gap: 0 0.75rem;
        font-size: 0.9375rem;
        font-weight: 600;
        line-height: 1.35;
      }
      h2 a {
        text-decoration: none;
      }
      h2 a:hover {
        text-decoration: underline;
        text-underline-offset: 0.2em;
      }
      .group {
        font-size: 0.8125rem;
        font-weight: 400;
        color: var(--soft);
      }
      .number {
        padding: 0.25rem 1.125rem 0;
        min-height: 3.5rem;
        display: flex;
        align-items: baseline;
        gap: 0.625rem;
        flex-wrap: wrap;
        font-size: 2.5rem;
        font-weight: 600;
        line-height: 1.3;
        letter-spacing: -0.025em;
        font-variant-numeric: tabular-nums;
      }
      .is-zero .number {
        color: var(--soft);
        font-weight: 400;
      }
      .is-stale .number {
        color: var(--soft);
      }
      .note {
        font-size: 0.8125rem;
        font-weight: 500;
        letter-spacing: 0;
        padding: 0.0625rem 0.5rem;
        border: 1px dashed var(--warn);
        border-radius: 1rem;
        color: var(--warn);
        white-space: nowrap;
      }
      .unknown {
        font-size: 1.0625rem;
        font-weight: 500;
        letter-spacing: 0;
        color: var(--bad);
        align-self: center;
        padding: 0.125rem 0.625rem;
        border: 1px dashed var(--bad);
        border-radius: 0.5rem;
      }
      .waiting {
        align-self: center;
        width: 3.5rem;
        height: 1.75rem;
        border-radius: 0.5rem;
        background: var(--line);
      }
      figure {
        margin: 0.25rem 0 0;
        display: grid;
        align-content: end;
      }
      svg {
        display: block;
        width: 100%;
        height: 4rem;
        overflow: visible;
      }
      .line {
        fill: none;
        stroke: var(--accent);
        stroke-width: 1.75;
        stroke-linejoin: round;
        vector-effect: non-scaling-stroke;
      }
      .end {
        fill: none;
        stroke: var(--accent);
        stroke-width: 8;
        stroke-linecap: round;
        vector-effect: non-scaling-stroke;
      }
      .plot {
        padding-inline-end: 1.125rem;
        border-block-end: 1px solid var(--line);
      }
      stop {
        stop-color: var(--accent);
      }
      .is-stale .line,
      .is-unknown .line {
        stroke: var(--soft);
      }
      .is-stale stop,
      .is-unknown stop {
        stop-color: var(--soft);
      }
      .none {
        height: 4rem;
        display: grid;
        place-items: end start;
        padding: 0 1.125rem 0.375rem;
        font-size: 0.8125rem;
      }
      footer {
        display: flex;
        flex-wrap: wrap;
        justify-content: space-between;
        gap: 0 1rem;
        padding: 0.5rem 1.125rem 0.625rem;
        font-size: 0.8125rem;
        color: var(--soft);
        font-variant-numeric: tabular-nums;
      }
      .step {
        color: var(--ink);
        font-weight: 500;
      }
      @media (prefers-reduced-motion: no-preference) {
        .is-new .value {
          animation: arrive 1.4s ease-out;
        }
        .waiting {
          animation: wait 1.6s ease-in-out infinite alternate;
        }
      }
      @keyframes arrive {
        from {
          color: var(--accent);
        }
      }
      @keyframes wait {
        to {
          opacity: 0.45;
        }
      }
      @media (forced-colors: active) {
        .line,
        .end {
          stroke: CanvasText;
        }
        .area {
          display: none;
        }
        .waiting {
          border: 1px solid CanvasText;
        }
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
    const { counts, status, updatedAt } = session.snapshot;
    const count = counts[badge.name];
    const now = session.now();
    const isStale = status === "stale" || status === "offline" || status === "unauthorized";
    const change = session.course.lastChange(badge.name);
    const classes = [
      "panel",
      typeof count === "number" ? (count === 0 ? "is-zero" : "") : "is-unknown",
      isStale ? "is-stale" : "",
      change && now - change.at < NEW_MS ? "is-new" : "",
    ];
    return html`<article class=${classes.join(" ")} aria-labelledby="label">
      <header>
        <h2 id="label"><a href=${badge.path}>${badge.label}</a> <span class="group">${badge.group}</span></h2>
      </header>
      <p class="number">${this.#number(count, isStale, updatedAt)}</p>
      ${this.#course(badge.name, now)}
    </article>`;
  }

  /** @param {number | null | undefined} count */
  #number(count, /** @type {boolean} */ isStale, /** @type {number | null} */ updatedAt) {
    if (typeof count === "number") {
      const note =
        isStale && updatedAt !== null ? html`<span class="note">as of ${clockTime(updatedAt)}</span>` : nothing;
      return html`<span class="value">${exact(count)}</span>${note}`;
    }
    const isWaiting = this.session?.snapshot.status === "loading" && !this.session.snapshot.error;
    if (isWaiting) return html`<span class="waiting"></span><span class="spoken">Loading</span>`;
    return html`<span class="unknown">Not known</span>`;
  }

  #course(/** @type {string} */ name, /** @type {number} */ now) {
    const { course, knownUntil } = /** @type {Session} */ (this.session);
    const from = course.start(now);
    const drawn = plot(course.of(name, now, knownUntil), { from, to: now, width: WIDTH, height: HEIGHT });
    const change = course.lastChange(name);
    const since = ago(now - from);
    return html`<figure>
        ${
          drawn
            ? html`<div class="plot">
                <svg
                  viewBox="0 0 ${WIDTH} ${HEIGHT}"
                  preserveAspectRatio="none"
                  role="img"
                  aria-label=${describe(drawn, `Since ${since}`, exact)}
                >
                  <defs>
                    <linearGradient id="fade" x1="0" y1="0" x2="0" y2="1">
                      <stop offset="0" stop-opacity="0.22"></stop>
                      <stop offset="1" stop-opacity="0.02"></stop>
                    </linearGradient>
                  </defs>
                  ${drawing(drawn)}
                </svg>
              </div>`
            : html`<p class="none plot soft">Nothing to draw yet</p>`
        }
      </figure>
      <footer>
        <span>${since}</span>
        ${
          change
            ? html`<span
                ><span class="step">${exact(change.before)} → ${exact(change.now)}</span> at
                ${clockTime(change.at)}</span
              >`
            : html`<span>no change seen</span>`
        }
      </footer>`;
  }
}

customElements.define("badged-card", BadgedCard);
