// What both elements share: where their store comes from, and when they are drawn again.
import { styles } from './styles.js';
import { describe, messages } from './words.js';

/** @import { Badges, Snapshot } from '../types.js' */

const LOADING = /** @type {Snapshot} */ ({ counts: {}, status: 'loading' });
const QUIET_MS = 1000; // that a burst of changes is waited out
const SILENCE_MS = 5000; // at least, between two announcements

/** @type {Badges | undefined} */
let shared;
/** @type {Set<BadgedElement>} */
const elements = new Set();

/**
 * The store of all elements that were given none of their own.
 * @param {Badges | undefined} badges
 */
export const setBadges = (badges) => {
  shared = badges;
  for (const element of elements) element.connect();
};

/**
 * Replace words, such as for another language.
 * @param {Record<string, string>} words
 */
export const setMessages = (words) => {
  Object.assign(messages, words);
  for (const element of elements) element.draw();
};

/** @type {HTMLElement | undefined} */
let region;
/** @type {Map<string, string>} */
const toSay = new Map();
let saidAt = 0;

/** Have a change read aloud: one region for all, one text for a burst. @param {string} label @param {string} spoken */
const announce = (label, spoken) => {
  if (!toSay.size) {
    setTimeout(() => {
      saidAt = Date.now();
      /** @type {HTMLElement} */ (region).textContent = [...toSay].map((words) => words.join(', ')).join('. ');
      toSay.clear();
    }, Math.max(QUIET_MS, saidAt + SILENCE_MS - Date.now()));
  }
  toSay.set(label, spoken);
};

/** Importing it where there are no elements, as on a server, does no harm. */
const Base = /** @type {typeof HTMLElement} */ (globalThis.HTMLElement ?? class {});

export class BadgedElement extends Base {
  root = this.attachShadow({ mode: 'open' });
  /** @type {Badges | undefined} */
  #own;
  /** @type {(() => void) | undefined} */
  #stop;
  /** @type {Map<string, number | null | undefined>} */
  #said = new Map();
  #status = '';

  constructor() {
    super();
    this.root.adoptedStyleSheets = styles();
  }

  /** The store that it shows; that of `setBadges` when none is set. @type {Badges | undefined} */
  get badges() {
    return this.#own ?? shared;
  }

  set badges(badges) {
    this.#own = badges;
    this.connect();
  }

  /** @returns {Snapshot} */
  get snapshot() {
    return this.badges?.getSnapshot() ?? LOADING;
  }

  /** That of the text around it. */
  get language() {
    return /** @type {HTMLElement | null} */ (this.closest('[lang]'))?.lang || undefined;
  }

  connectedCallback() {
    elements.add(this);
    // What was set before the element was defined hides the property of the class.
    if (Object.hasOwn(this, 'badges')) {
      const { badges } = this;
      delete (/** @type {{badges?: Badges}} */ (this)).badges;
      this.#own = badges;
    }
    if (this.hasAttribute('announce') && !region) {
      region = document.createElement('div');
      region.role = 'status';
      region.ariaAtomic = 'true';
      region.style.cssText = 'position:absolute;inline-size:1px;block-size:1px;overflow:hidden;clip-path:inset(50%)';
      document.body.append(region);
    }
    this.connect();
  }

  disconnectedCallback() {
    elements.delete(this);
    this.#stop?.();
    this.#stop = undefined;
  }

  attributeChangedCallback() {
    if (this.isConnected) this.draw();
  }

  connect() {
    if (!this.isConnected) return;
    this.#stop?.();
    this.#stop = this.badges?.subscribe(() => this.draw());
    this.draw();
  }

  draw() {
    const { status } = this.snapshot;
    if (status == this.#status) return;
    this.setAttribute('status', (this.#status = status));
    this.dispatchEvent(new CustomEvent('badged-status', { detail: this.snapshot, bubbles: true, composed: true }));
  }

  /**
   * Write a count where it is seen, and return what is heard.
   * @param {HTMLElement} pill
   * @param {string} label
   * @param {number | null | undefined} count
   * @param {boolean} showZero
   */
  paint(pill, label, count, showZero) {
    const max = this.getAttribute('max');
    const { text, spoken, kind } = describe(count, this.snapshot, {
      lang: this.language,
      max: max == 'false' ? Infinity : max ? +max : 99,
      isCompact: this.getAttribute('format') == 'compact',
      showZero,
    });
    Object.assign(pill, { className: 'p ' + kind, textContent: text, title: spoken });
    const before = this.#said.get(label);
    if (this.hasAttribute('announce') && count != null) {
      if (before != null && before != count) announce(label, spoken);
      this.#said.set(label, count);
    }
    return spoken;
  }
}

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {object} properties
 * @param {(Node | string)[]} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export const make = (tag, properties, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};
