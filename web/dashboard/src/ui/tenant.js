// Whose numbers are shown: a list in the demonstration, a field for an id elsewhere. Tells "tenant" with the id.

import { LitElement, css, html, nothing } from "lit";
import { parseTenant } from "../model/tenants.js";
import { shared } from "./theme.js";

export class BadgedTenant extends LitElement {
  static properties = { tenants: { attribute: false }, tenant: { attribute: false }, isWrong: { state: true } };

  static styles = [
    shared,
    css`
      form,
      label {
        display: flex;
        align-items: center;
        gap: 0.5rem;
        margin: 0;
        min-width: 0;
      }
      label > span {
        font-size: 0.8125rem;
        color: var(--soft);
      }
      .control {
        min-width: 0;
        max-width: 100%;
      }
      select {
        width: 13rem;
        font-weight: 500;
        text-overflow: ellipsis;
      }
      label,
      form {
        flex: 1;
      }
      input {
        flex: 1;
        width: 23.5rem;
        font-family: var(--mono);
        font-size: 0.8125rem;
      }
      .wrong {
        position: absolute;
        inset-block-start: 100%;
        padding: 0.25rem 0.625rem;
        background: var(--panel);
        border: 1px solid var(--bad);
        border-radius: 0.5rem;
        color: var(--bad);
        font-size: 0.8125rem;
        z-index: 1;
      }
      form {
        position: relative;
      }
      @media (max-width: 40rem) {
        label > span {
          display: none;
        }
      }
    `,
  ];

  constructor() {
    super();
    /** @type {import("../model/tenants.js").Tenant[]} */ this.tenants = [];
    /** @type {string | null} */ this.tenant = null;
    this.isWrong = false;
  }

  render() {
    return this.tenants.length > 0 ? this.#list() : this.#field();
  }

  #list() {
    const { tenants, tenant } = this;
    return html`<label>
      <span>Tenant</span>
      <select
        class="control"
        aria-label="Tenant"
        @change=${(/** @type {Event} */ e) => this.#tell(/** @type {HTMLSelectElement} */ (e.target).value)}
      >
        ${tenants.map(({ id, name }) => html`<option value=${id} ?selected=${id === tenant}>${name}</option>`)}
      </select>
    </label>`;
  }

  #field() {
    return html`<form @submit=${this.#submit} novalidate>
      <label>
        <span>Tenant</span>
        <input
          class="control"
          aria-label="Tenant’s id"
          autocomplete="off"
          spellcheck="false"
          placeholder="its id, a UUID"
          .value=${this.tenant ?? ""}
          aria-invalid=${this.isWrong}
          aria-describedby="wrong"
          @input=${() => (this.isWrong = false)}
        />
      </label>
      <button class="control">Show</button>
      <span id="wrong" role="alert"
        >${this.isWrong ? html`<span class="wrong">This is no UUID.</span>` : nothing}</span
      >
    </form>`;
  }

  #submit(/** @type {Event} */ event) {
    event.preventDefault();
    const id = parseTenant(this.renderRoot.querySelector("input")?.value ?? "");
    this.isWrong = id === null;
    if (id !== null) this.#tell(id);
  }

  #tell(/** @type {string} */ id) {
    this.dispatchEvent(new CustomEvent("tenant", { detail: id, bubbles: true, composed: true }));
  }
}

customElements.define("badged-tenant", BadgedTenant);
