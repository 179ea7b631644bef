// <badged-count for="feedback">: one number, beside the words that say what it counts.
import { BadgedElement, make } from './element.js';

/**
 * One count, to stand in a link or button after its label, whose name it becomes a part of: "Feedback, 3 open".
 * @customElement badged-count
 * @csspart badge - the number
 * @attr {string} for - the badge's name
 * @attr {string} max - what is above shows as "99+"; 99 when not given, "false" for no limit
 * @attr {string} format - "compact" for 1.3K
 * @attr {boolean} show-zero - show 0, which else shows as nothing
 * @attr {string} announce - have changes read aloud, under this label
 * @attr {string} status - set by the element: that of the store
 * @fires {CustomEvent} badged-status - the store's status is another; `detail` is the snapshot
 * @cssprop --badged-ink - colour of numbers
 * @cssprop --badged-fill - behind numbers
 * @cssprop --badged-soft - colour of zero and unknown
 * @cssprop --badged-old - border of a stale number
 */
export class BadgedCount extends BadgedElement {
  static observedAttributes = ['for', 'max', 'format', 'show-zero'];
  #pill = make('span', { ariaHidden: 'true', part: 'badge' });
  #heard = make('span', { className: 'h' });

  draw() {
    super.draw();
    if (!this.#pill.isConnected) this.root.append(this.#pill, this.#heard);
    const name = this.getAttribute('for') ?? '';
    const spoken = this.paint(this.#pill, this.getAttribute('announce') || name, this.snapshot.counts[name],
      this.hasAttribute('show-zero'));
    this.#heard.textContent = spoken && ', ' + spoken;
  }
}

globalThis.customElements?.define('badged-count', BadgedCount);
export { setBadges, setMessages } from './element.js';
