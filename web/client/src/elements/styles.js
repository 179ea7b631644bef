// How a number looks. Colours are custom properties with a value for light and one for dark, chosen by the page's
// color-scheme; borders stand where forced colours leave nothing else.
//
// p: a number; its kinds: u unknown, z zero, o old. h: to be heard only.

export const SOFT = 'var(--badged-soft,light-dark(#565d6b,#a2aab8))';

const CSS = `
:host{display:inline-block;white-space:nowrap}
.h{position:absolute;inline-size:1px;block-size:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.p{display:inline-block;box-sizing:border-box;min-inline-size:3.7em;padding:.1em .4em;border:1px solid #0000;border-radius:1em;font-size:.8em;font-weight:650;line-height:1.4;text-align:center;font-variant-numeric:tabular-nums;color:var(--badged-ink,light-dark(#2a3aa8,#d9e0ff));background:var(--badged-fill,light-dark(#e0e5fd,#2d3768))}
.p:empty{visibility:hidden}
.p:empty::before{content:"0"}
.z,.u,.o{background:none}
.z,.u{color:${SOFT};font-weight:400}
.u{border:1px dashed}
.o{color:${SOFT};border:1px dashed var(--badged-old,light-dark(#a15c00,#e5a84b))}
@media (forced-colors:active){.p{border-color:CanvasText}}`;

/** @type {Map<string, CSSStyleSheet>} */
const sheets = new Map();

/**
 * Sheets of what is written, each made once: where there are no elements, as on a server, there are no sheets either.
 * @param {string[]} texts
 */
export const styles = (...texts) => [CSS, ...texts].map((text) => {
  let sheet = sheets.get(text);
  if (!sheet) {
    sheets.set(text, (sheet = new CSSStyleSheet()));
    sheet.replaceSync(text);
  }
  return sheet;
});
