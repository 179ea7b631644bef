// The pages of badged: what index.html begins with.
// @ts-check
import { LitElement, html } from "lit";

class Dashboard extends LitElement {
  render() {
    return html`<main><h1>badged</h1><p>Badge counts are at <code>/api/sidebar/badges</code>.</p></main>`;
  }
}

customElements.define("badged-dashboard", Dashboard);
