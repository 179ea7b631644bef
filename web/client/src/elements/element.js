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

/**
 * The region that says things: one for the whole page, in the first element that has something to say.
 * @type {HTMLElement | undefined}
 */
let region;
/** @type {Map<string, string>} */
const toSay = new Map();
let saidAt = 0;

/**
 * Have a change read aloud: one text for a burst of them.
 * @param {string} label
 * @param {string} spoken
 */
const announce = (label, spoken) => {
  if (!toSay.size) {
    setTimeout(() => {
      saidAt = Date.now();
      if (region) region.textContent = [...toSay].map((words) => words.join(', ')).join('. ');
      toSay.clear();
    }, Math.max(QUIET_MS, saidAt + SILENCE_MS - Date.now()));
  }
  toSay.set(label, spoken || messages.none);
};

/** Importing it where there are no elements, as on a server, does no harm. */
const Base = /** @type {typeof HTMLElement} */ (globalThis.HTMLElement ?? class {});

export class BadgedElement extends Base {
  root = this.attachShadow({ mode: 'open' });
  /** @type {Badges | undefined} */
  #own;
  /** @type {(() => void) | undefined} */
  #stop;
  /** @type {Map<HTMLElement, number | null | undefined>} by where it is seen, as labels need not differ */
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

  /** That of the text around it; inside of another element's shadow, that of the document. */
  get language() {
    const around = /** @type {HTMLElement} */ (this.closest('[lang]') ?? document.documentElement);
    try {
      return Intl.getCanonicalLocales(around.lang)[0];
    } catch {} // en_US and the like
  }

  connectedCallback() {
    elements.add(this);
    // What was set before the element was defined hides the property of the class.
    const { badges } = this;
    if (delete (/** @type {{badges?: Badges}} */ (this)).badges && badges != shared) this.#own = badges;
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
    // Also when the element that had it is gone: what is to be said comes later than this.
    if (this.hasAttribute('announce') && !region?.isConnected) {
      this.root.append((region = make('p', { className: 'h', role: 'status', ariaAtomic: 'true' })));
    }
    const { status } = this.snapshot;
    if (status == this.#status) return;
    this.setAttribute('status', (this.#status = status));
    this.emit('badged-status', this.snapshot);
  }

  /** @param {string} type @param {unknown} detail @returns {boolean} false when somebody prevented what comes next */
  emit(type, detail) {
    return this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true, cancelable: true }));
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
    const before = this.#said.get(pill);
    if (this.hasAttribute('announce') && count != null) {
      if (before != null && before != count) announce(label, spoken);
      this.#said.set(pill, count);
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
