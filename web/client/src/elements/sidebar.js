// <badged-sidebar src="/api/sidebar">: all badges, as the server's definitions order them.
import { BadgedElement, make } from './element.js';
import { CSS } from './sidebar-styles.js';
import { styles } from './styles.js';
import { ageOf, messages } from './words.js';

/** @typedef {{name: string, label: string, zero?: number | null, items?: Item[]}} Item */
/**
 * @typedef {{node: HTMLElement, pill: HTMLElement, heard: HTMLElement, label: string, names: string[], zero: unknown,
 *   list?: HTMLElement}} Row
 */

/** @param {Item} item @returns {string[]} the badges in it */
const namesIn = ({ name, items }) => items?.flatMap(namesIn) ?? [name];

/**
 * The sidebar.
 * @customElement badged-sidebar
 * @slot - below the items
 * @slot icon:NAME - the icon of the item NAME; an icon or the initial is all that shows where it is narrow
 * @csspart badge - a number
 * @attr {string} src - what the sidebar shows; "/api/sidebar" when not given
 * @attr {string} links - JSON: a badge's name to where its item leads; else "/crawl-failures" for knowledge.crawlFailures
 * @attr {string} current - the path of the page shown; that of the document when not given
 * @attr {boolean} narrow - icons only; so it is, too, in less than 6em
 * @attr {string} max - what is above shows as "99+"; "false" for no limit
 * @attr {boolean} announce - have changes read aloud
 * @attr {string} title-badge - the sum of these badges goes into the document's title; of all when empty
 * @attr {string} app-badge - and onto the icon of the installed application
 * @attr {string} status - set by the element: that of the store
 * @fires {CustomEvent} badged-status - the store's status is another; `detail` is the snapshot
 * @fires {CustomEvent} badged-navigate - an item was chosen; `detail` is its href, and preventDefault() keeps the browser here
 * @cssprop --badged-accent - colour of the current item, and of focus
 */
export class BadgedSidebar extends BadgedElement {
  static observedAttributes = ['links', 'current', 'max', 'title-badge', 'app-badge'];
  /** @type {Row[]} */
  #rows = [];
  /** @type {Set<string>} */
  #closed = new Set();
  #nav = make('nav', { ariaLabel: messages.name });
  #age = make('p', { className: 's' });
  #tries = 0;

  constructor() {
    super();
    this.root.adoptedStyleSheets = styles(CSS);
    this.#nav.onkeydown = this.#onKey;
    this.root.append(this.#nav, this.#age, make('slot', {}));
  }

  connectedCallback() {
    try {
      this.#closed = new Set(JSON.parse(localStorage[this.#memory] ?? '[]'));
    } catch {} // storage may be refused, and hold anything
    super.connectedCallback();
    if (!this.#rows.length) this.#load();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#mark(true);
  }

  get #memory() {
    return 'badged-sidebar ' + this.id;
  }

  async #load() {
    try {
      const response = await fetch(this.getAttribute('src') ?? '/api/sidebar');
      this.items = (await response.json()).items;
    } catch {
      if (this.isConnected) setTimeout(() => this.#load(), Math.random() * Math.min(30, 2 ** ++this.#tries) * 1000);
    }
  }

  /** What the sidebar shows, as `GET /api/sidebar` answers it. @param {Item[]} items */
  set items(items) {
    this.#rows = [];
    const list = this.#list([{ name: '', label: messages.home }, ...items]);
    this.#nav.replaceChildren(list);
    if (this.isConnected) this.draw();
  }

  /** @param {Item[]} items @returns {HTMLElement} */
  #list(items) {
    return make('ul', { role: 'list' }, ...items.map((item) => {
      const { name, label, zero, items } = item;
      const pill = make('span', { ariaHidden: 'true', part: 'badge' });
      // What is heard stands apart from what is seen, as one text: so it is the name, and said once.
      const heard = make('span', { className: 'h' });
      const content = [
        heard,
        make('slot', { name: 'icon:' + name }, make('span', { ariaHidden: 'true', className: 'i' }, label[0])),
        make('span', { ariaHidden: 'true', className: 'l' }, label),
        pill,
      ];
      const node = items
        ? make('button', { type: 'button', onclick: () => this.#toggle(name) }, ...content)
        : make('a', { onclick: this.#onClick }, ...content);
      /** @type {Row} */
      const row = { node, pill, heard, label, zero, names: name ? namesIn(item) : [] };
      this.#rows.push(row);
      node.id = name;
      if (!items) return make('li', {}, node);
      row.list = this.#list(items);
      row.list.id = name + '.';
      node.setAttribute('aria-controls', row.list.id);
      return make('li', {}, node, row.list);
    }));
  }

  /** @param {string} name */
  #toggle(name) {
    if (!this.#closed.delete(name)) this.#closed.add(name);
    try {
      localStorage[this.#memory] = JSON.stringify([...this.#closed]);
    } catch {}
    this.draw();
  }

  /** @param {MouseEvent} event */
  #onClick = (event) => {
    const { href } = /** @type {HTMLAnchorElement} */ (event.currentTarget);
    const isPlain = !event.button && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
    if (isPlain && !this.emit('badged-navigate', href)) event.preventDefault();
  };

  /** Up and down among what is seen, left and right to close and open a section. @param {KeyboardEvent} event */
  #onKey = (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return; // the browser's own, such as Back
    const nodes = this.#rows.map(({ node }) => node).filter((node) => node.offsetParent);
    const node = /** @type {HTMLElement} */ (this.root.activeElement);
    const at = nodes.indexOf(node);
    switch (event.key) {
      case 'ArrowDown': nodes[at + 1]?.focus(); break;
      case 'ArrowUp': nodes[at - 1]?.focus(); break;
      case 'Home': nodes[0].focus(); break;
      case 'End': nodes.at(-1)?.focus(); break;
      case 'ArrowLeft': if (node.ariaExpanded == 'true') node.click(); break;
      case 'ArrowRight': if (node.ariaExpanded == 'false') node.click(); break;
      default: return;
    }
    event.preventDefault();
  };

  draw() {
    super.draw();
    let links = /** @type {Record<string, string>} */ ({});
    try {
      links = { ...JSON.parse(this.getAttribute('links') ?? '{}') };
    } catch {} // what is no JSON leads nowhere else
    const here = this.getAttribute('current') ?? location.pathname;
    for (const { node, pill, heard, label, names, zero, list } of this.#rows) {
      const isOpen = list && !this.#closed.has(node.id);
      const spoken = names.length && !isOpen ? this.paint(pill, label, this.#sumOf(names), zero === 0) : '';
      if (isOpen || !names.length) Object.assign(pill, { className: 'p', textContent: '', title: '' });
      heard.textContent = spoken ? `${label}, ${spoken}` : label;
      if (list) {
        node.ariaExpanded = '' + isOpen;
        list.hidden = !isOpen;
      } else {
        const href = links[node.id] ??
          '/' + node.id.replace(/.*\./, '').replace(/[A-Z]/g, (letter) => '-' + letter.toLowerCase());
        node.setAttribute('href', href);
        if (/** @type {HTMLAnchorElement} */ (node).protocol == 'javascript:') node.removeAttribute('href');
        node.ariaCurrent = href == here ? 'page' : null;
      }
    }
    this.#mark();
    this.#age.textContent = this.snapshot.status == 'unauthorized' ? messages.unauthorized : ageOf(this.snapshot, this.language);
  }

  /** @param {string[]} names @returns {number | null} null when one of them is not known */
  #sumOf(names) {
    const { counts } = this.snapshot;
    return names.reduce((/** @type {number | null} */ sum, name) => {
      const count = counts[name];
      return sum == null || count == null ? null : sum + count;
    }, 0);
  }

  /** The sum in the document's title and on the application's icon. What is not known leaves what stood there. */
  #mark(isGone = false) {
    const sums = ['title-badge', 'app-badge'].map((attribute) => {
      const names = this.getAttribute(attribute);
      if (names == null) return null;
      if (isGone || this.snapshot.status == 'unauthorized') return 0;
      return this.#sumOf(names ? names.split(' ') : this.#rows.flatMap((row) => (row.list ? [] : row.names)));
    });
    const [title, app] = sums;
    if (title != null) document.title = (title ? `(${title}) ` : '') + document.title.replace(/^\(\d+\) /, '');
    if (app != null) navigator.setAppBadge?.(app).catch(() => {}); // it is refused where nothing is installed
  }
}

globalThis.customElements?.define('badged-sidebar', BadgedSidebar);
export { setBadges, setMessages } from './element.js';
