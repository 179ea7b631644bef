// The shell: a bar on top, the sidebar at the left or in a drawer, and the page that the address names.

import { createBadges } from "@badged/client";
import "@badged/client/elements";
import { LitElement, css, html, nothing } from "lit";
import { badgeAt, badgesOf, linksOf } from "../model/outline.js";
import { Session } from "../model/session.js";
import { firstTenant, offered, rememberTenant } from "../model/tenants.js";
import "./answer.js";
import "./changes.js";
import "./detail.js";
import "./overview.js";
import "./status.js";
import "./tenant.js";
import { shared } from "./theme.js";
import "./try.js";

const TICK_MS = 10_000; // how often the drawings move on
const OUTLINE_RETRY_MS = 3000;

export class BadgedDashboard extends LitElement {
  static properties = {
    badges: { state: true },
    tenants: { state: true },
    tenant: { state: true },
    isReady: { state: true },
  };

  static styles = [
    shared,
    css`
      :host {
        min-height: 100vh;
        display: grid;
        grid-template: auto 1fr / 16.5rem minmax(0, 1fr);
      }
      .bar {
        grid-column: 1 / -1;
        position: sticky;
        inset-block-start: 0;
        z-index: 2;
        min-height: 3.5rem;
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 0.5rem 1.25rem;
        padding: 0.5rem 1.25rem;
        background: var(--panel);
        border-block-end: 1px solid var(--line);
      }
      .skip:not(:focus) {
        position: absolute;
        clip-path: inset(50%);
      }
      .skip:focus {
        position: absolute;
        inset: 0.5rem auto auto 0.5rem;
        z-index: 3;
      }
      .home {
        display: flex;
        align-items: center;
        gap: 0.625rem;
        font-size: 1.0625rem;
        font-weight: 650;
        letter-spacing: -0.015em;
        text-decoration: none;
      }
      .home svg {
        width: 1.75rem;
        height: 1.75rem;
      }
      .menu {
        display: none;
        padding: 0 0.5rem;
      }
      .menu svg {
        display: block;
        width: 1.25rem;
        height: 1.25rem;
        stroke: currentColor;
        stroke-width: 1.75;
        stroke-linecap: round;
      }
      badged-tenant {
        margin-inline-start: auto;
        min-width: 0;
      }
      aside {
        position: sticky;
        inset: 3.5rem auto auto 0;
        width: auto;
        height: auto;
        max-height: calc(100vh - 3.5rem);
        margin: 0;
        padding: 1rem 0.75rem;
        overflow: auto;
        display: block;
        color: inherit;
        background: var(--side);
        border: 0;
        border-inline-end: 1px solid var(--line);
        align-self: stretch;
      }
      main {
        padding: 1.75rem 2rem 3rem;
        max-width: 104rem;
        outline: none;
      }
      .demo,
      .demo > div {
        display: grid;
        align-content: start;
        grid-template-columns: minmax(0, 1fr);
        gap: 1rem;
      }
      .demo {
        grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr));
        margin-block-start: 1rem;
      }
      .welcome {
        max-width: 60ch;
      }
      .welcome h1 {
        font-size: 1.5rem;
        margin-block-end: 0.5rem;
      }
      @media (max-width: 52rem) {
        :host {
          grid-template-columns: minmax(0, 1fr);
        }
        .menu {
          display: block;
        }
        aside {
          position: fixed;
          inset: 0 auto 0 0;
          width: min(18rem, 86vw);
          height: 100vh;
          max-height: none;
          box-shadow: 0 0 3rem rgb(0 0 0 / 0.3);
        }
        aside:not(:popover-open) {
          display: none;
        }
        aside::backdrop {
          background: rgb(0 0 0 / 0.35);
        }
        .bar {
          gap: 0.5rem 0.75rem;
          padding-inline: 1rem;
        }
        main {
          padding: 1.25rem 1rem 2rem;
        }
      }
      @media (max-width: 40rem) {
        badged-tenant {
          order: 1;
          flex: 1 0 100%;
        }
        badged-status {
          margin-inline-start: auto;
        }
      }
    `,
  ];

  constructor() {
    super();
    /** @type {import("../model/outline.js").Badge[]} */ this.badges = [];
    /** @type {import("../model/tenants.js").Tenant[]} */ this.tenants = [];
    /** @type {string | null} */ this.tenant = null;
    /** @type {string | null} */ this.file = null;
    this.isReady = false;
    this.session = new Session({ createBadges });
    this.onAddress = () => this.requestUpdate();
  }

  connectedCallback() {
    super.connectedCallback();
    window.addEventListener("popstate", this.onAddress);
    window.addEventListener("hashchange", this.onAddress);
    this.addEventListener("click", this.#follow);
    this.addEventListener("tenant", (event) => this.#choose(/** @type {CustomEvent<string>} */ (event).detail));
    setInterval(() => document.hidden || this.session.dispatchEvent(new Event("change")), TICK_MS);
    this.#loadOutline();
    this.#begin();
  }

  async #begin() {
    ({ file: this.file, tenants: this.tenants } = await offered());
    const tenant = firstTenant(this.tenants);
    if (tenant) this.#choose(tenant);
    this.isReady = true;
  }

  async #loadOutline() {
    try {
      const response = await fetch("/api/sidebar");
      if (!response.ok) throw new Error(String(response.status));
      this.badges = badgesOf((await response.json()).items);
    } catch {
      setTimeout(() => this.#loadOutline(), OUTLINE_RETRY_MS);
    }
  }

  #choose(/** @type {string} */ tenant) {
    rememberTenant(tenant);
    this.session.choose(tenant);
    this.tenant = tenant;
  }

  /** A link within the dashboard changes the address and nothing is loaded. */
  #follow(/** @type {MouseEvent} */ event) {
    if (
      event.defaultPrevented ||
      event.button !== 0 ||
      event.metaKey ||
      event.ctrlKey ||
      event.shiftKey ||
      event.altKey
    )
      return;
    const link = /** @type {HTMLAnchorElement | undefined} */ (
      event.composedPath().find((node) => node instanceof HTMLAnchorElement)
    );
    if (!link || link.target || link.origin !== location.origin) return;
    event.preventDefault();
    const aside = /** @type {HTMLElement} */ (this.renderRoot.querySelector("aside"));
    if (aside.matches(":popover-open")) aside.hidePopover();
    history.pushState(null, "", link.href);
    this.requestUpdate();
    window.scrollTo(0, 0);
    this.updateComplete.then(() => this.#main.focus());
  }

  get #main() {
    return /** @type {HTMLElement} */ (this.renderRoot.querySelector("main"));
  }

  render() {
    const { tenants, tenant } = this;
    return html`<header class="bar">
        <button type="button" class="skip control" @click=${() => this.#main.focus()}>Skip to the content</button>
        <button type="button" class="menu control" popovertarget="side" aria-label="Sidebar">
          <svg viewBox="0 0 20 20" aria-hidden="true" fill="none"><path d="M3 5.5h14M3 10h14M3 14.5h14"></path></svg>
        </button>
        <a class="home" href="/">${logo}badged</a>
        ${this.isReady ? html`<badged-tenant .tenants=${tenants} .tenant=${tenant}></badged-tenant>` : nothing}
        <badged-status .session=${this.session}></badged-status>
      </header>
      <aside id="side" popover>
        <badged-sidebar
          src="/api/sidebar"
          .badges=${this.session.store}
          links=${JSON.stringify(linksOf(this.badges))}
          current=${location.pathname + location.hash}
        ></badged-sidebar>
      </aside>
      <main tabindex="-1">${this.isReady ? (this.tenant ? this.#page() : welcome) : nothing}</main>`;
  }

  #page() {
    const { session, badges } = this;
    const badge = badgeAt(badges, location);
    document.title = badge ? `${badge.label}, badged` : "badged";
    const isDemo = this.tenants.length > 0;
    if (badge) return html`<badged-detail .session=${session} .badge=${badge}></badged-detail>`;
    return html`<badged-overview .session=${session} .badges=${badges}></badged-overview>
      <div class="demo">
        <div>
          <badged-changes .session=${session} .badges=${badges}></badged-changes>
          ${isDemo ? html`<badged-try .session=${session} .file=${this.file}></badged-try>` : nothing}
        </div>
        ${isDemo ? html`<badged-answer .session=${session} .badges=${badges}></badged-answer>` : nothing}
      </div>`;
  }
}

const logo = html`<svg viewBox="0 0 28 28" aria-hidden="true">
  <rect x="2" y="5" width="21" height="21" rx="6" fill="var(--ink)"></rect>
  <path d="M7.5 13h7M7.5 18.5h10" stroke="var(--panel)" stroke-width="2.25" stroke-linecap="round"></path>
  <circle cx="21.5" cy="6.5" r="6" fill="#e5484d" stroke="var(--panel)" stroke-width="2"></circle>
</svg>`;

const welcome = html`<div class="welcome">
  <h1>Whose badges?</h1>
  <p>Name a tenant above, by its id, to see its badges. The id is a UUID, as in the column <code>tenant_id</code>.</p>
</div>`;

customElements.define("badged-dashboard", BadgedDashboard);
