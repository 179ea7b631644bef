// The demonstration's own part of the overview: what to try from a terminal.

import { css, html, nothing } from "lit";
import { shellWord } from "../model/tenants.js";
import { Shown } from "./shown.js";
import { shared, titled } from "./theme.js";

const COPIED_MS = 1500;

const curlLine = (/** @type {string} */ tenant, /** @type {string} */ origin) =>
  `curl -H 'X-Tenant-Id: ${tenant}' ${origin}/api/sidebar/badges`;
const sqliteLine = (/** @type {string} */ tenant, /** @type {string} */ file) =>
  `sqlite3 -cmd '.timeout 5000' ${shellWord(file)} "UPDATE feedback SET resolved_at = NULL, priority = 'urgent' ` +
  `WHERE id = (SELECT id FROM feedback WHERE tenant_id = '${tenant}' AND resolved_at IS NOT NULL LIMIT 1)"`;

export class BadgedTry extends Shown {
  static properties = { copied: { state: true }, file: { attribute: false } };

  static styles = [
    shared,
    titled,
    css`
      p {
        color: var(--soft);
        margin-block-end: 0.5rem;
      }
      .command {
        padding: 0.625rem 0.75rem;
        background: var(--sunken);
        border: 1px solid var(--line);
        border-radius: 0.5rem;
        display: flex;
        flex-wrap: wrap;
        align-items: flex-start;
        gap: 0.5rem;
      }
      .command + p {
        margin-block-start: 1rem;
      }
      .command code {
        flex: 1 1 14rem;
        overflow-wrap: anywhere;
      }
      .command .control {
        min-height: 1.75rem;
        padding: 0 0.625rem;
        font-size: 0.8125rem;
      }
    `,
  ];

  constructor() {
    super();
    this.copied = "";
    /** @type {string | null} */ this.file = null;
  }

  render() {
    const tenant = this.session?.tenant;
    if (!this.session || !tenant) return nothing;
    return html`<section class="panel" aria-labelledby="title">
      <h2 id="title">Try it</h2>
      <p>Ask as a program does:</p>
      ${this.#command("curl", curlLine(tenant, location.origin))}
      ${
        this.file
          ? html`<p>Change a row yourself, in the folder where the demonstration runs, and watch Feedback:</p>
              ${this.#command("sqlite3", sqliteLine(tenant, this.file))}`
          : nothing
      }
    </section>`;
  }

  #command(/** @type {string} */ name, /** @type {string} */ line) {
    return html`<div class="command">
      <code>${line}</code>
      <button type="button" class="control" @click=${() => this.#copy(name, line)}>
        ${this.copied === name ? "Copied" : "Copy"}<span class="spoken"> the ${name} line</span>
      </button>
    </div>`;
  }

  async #copy(/** @type {string} */ name, /** @type {string} */ line) {
    await navigator.clipboard.writeText(line);
    this.copied = name;
    setTimeout(() => (this.copied = ""), COPIED_MS);
  }
}

customElements.define("badged-try", BadgedTry);
