// <badged-count> and <badged-sidebar>, defined by importing this. Each can be had alone, from ./elements/.
export { BadgedCount } from './elements/count.js';
export { setBadges, setMessages } from './elements/element.js';
export { BadgedSidebar } from './elements/sidebar.js';
