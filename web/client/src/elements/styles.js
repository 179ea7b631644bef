// How both elements look. Colours are custom properties with a value for light and one for dark, chosen by the page's
// color-scheme; borders stand where forced colours leave nothing else.
//
// p: a number; its kinds: u unknown, z zero, o old. h: to be heard only. l: label, i: initial, s: how old all is.

const ink = 'var(--badged-soft,light-dark(#565d6b,#a2aab8))';
const accent = 'var(--badged-accent,light-dark(#3042c4,#aab8ff))';
const hidden = 'position:absolute;inline-size:1px;block-size:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap';

/** @type {CSSStyleSheet} */
let sheet;

export const styles = () => {
  if (!sheet) (sheet = new CSSStyleSheet()).replaceSync(`
:host{display:inline-block;white-space:nowrap;font-variant-numeric:tabular-nums}
:host(badged-sidebar){display:block;container-type:inline-size}
:host([narrow]){inline-size:3.5em}
.h{${hidden}}
.p{display:inline-block;box-sizing:border-box;min-inline-size:3.1em;padding:.1em .5em;border:1px solid #0000;border-radius:1em;font-size:.8em;font-weight:650;line-height:1.4;text-align:center;color:var(--badged-ink,light-dark(#2a3aa8,#d9e0ff));background:var(--badged-fill,light-dark(#e4e8fd,#2d3768))}
.p:empty{visibility:hidden}
.p:empty::before{content:"0"}
.z,.u,.o{background:none}
.z,.u{color:${ink};font-weight:400}
.u{border:1px dashed}
.o{color:${ink};border:1px dashed var(--badged-old,light-dark(#a15c00,#e5a84b))}
ul{list-style:none;margin:0;padding:0}
ul ul{padding-inline-start:.9em}
a,button{position:relative;display:flex;align-items:center;gap:.6em;box-sizing:border-box;inline-size:100%;min-block-size:2.25em;margin-block-end:1px;padding:.2em .5em .2em .75em;border:0;border-radius:.5em;background:none;color:inherit;font:inherit;text-align:start;text-decoration:none;cursor:pointer}
button{padding-inline-start:.3em;color:${ink};font-weight:600}
button::before{content:"";flex:none;margin:.1em;inline-size:.35em;block-size:.35em;border:solid;border-width:0 1.5px 1.5px 0;rotate:45deg}
[aria-expanded=false]::before{rotate:-45deg}
a:hover,button:hover{background:color-mix(in srgb,currentColor 8%,#0000)}
[aria-current],[aria-current]:hover{background:color-mix(in srgb,${accent} 13%,#0000);color:${accent};font-weight:600}
:focus-visible{outline:2px solid ${accent};outline-offset:-2px}
.l{flex:1;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.i{display:none}
.s{min-block-size:1.5em;margin:.5em .75em;color:${ink};font-size:.8em}
@container (max-width:6em){
.l,.s,.z,button::before{display:none}
.i{display:block}
ul ul{padding:0}
a,button{justify-content:center;padding:0}
.p{position:absolute;inset:.5em calc(50% - 1.1em) auto auto;min-inline-size:0;padding:0;font-size:0;border:.25rem solid;border-radius:1rem}
.u,.o{border-width:1px;padding:.2rem}
}
@media (forced-colors:active){.p{border-color:CanvasText}[aria-current]{outline:1px solid}}
@media (prefers-reduced-motion:no-preference){button::before{transition:rotate .15s}}`);
  return [sheet];
};
