// <badged-count> and <badged-sidebar>, defined by importing this.
import { BadgedCount } from './elements/count.js';
import { BadgedSidebar } from './elements/sidebar.js';

export { setBadges, setMessages } from './elements/element.js';
export { BadgedCount, BadgedSidebar };

globalThis.customElements?.define('badged-count', BadgedCount);
globalThis.customElements?.define('badged-sidebar', BadgedSidebar);
