// How the sidebar looks, beside its numbers.
//
// l: a label, i: its initial, s: how old all is. Where it is narrow, an icon and a dot are left of each item.
import { SOFT } from './styles.js';

const ACCENT = 'var(--badged-accent,light-dark(#3042c4,#aab8ff))';

export const CSS = `
:host{display:block;container-type:inline-size}
:host([narrow]){inline-size:3.5em!important}
ul{list-style:none;margin:0;padding:0}
ul ul{margin-inline-start:1.15em;border-inline-start:1px solid color-mix(in srgb,currentColor 14%,#0000);padding-inline-start:.4em}
a,button{position:relative;display:flex;align-items:center;gap:.6em;box-sizing:border-box;inline-size:100%;min-block-size:2.3em;margin-block-end:1px;padding:.2em .5em .2em .75em;border:0;border-radius:.5em;background:none;color:inherit;font:inherit;text-align:start;text-decoration:none;cursor:pointer}
button{color:${SOFT};font-weight:600}
button::before{content:"";flex:none;margin:0 .15em;inline-size:.35em;block-size:.35em;border:solid;border-width:0 1.5px 1.5px 0;rotate:45deg;translate:0 -.1em}
[aria-expanded=false]::before{rotate:-45deg;translate:0}
a:hover,button:hover{background:color-mix(in srgb,currentColor 8%,#0000)}
[aria-current],[aria-current]:hover{background:color-mix(in srgb,${ACCENT} 13%,#0000);color:${ACCENT};font-weight:600}
[aria-current] .p:not(.u,.o,.z){background:${ACCENT};color:Canvas}
[aria-current]::after{content:"";position:absolute;inset:.5em auto .5em 0;border:solid;border-width:0 0 0 3px;border-radius:3px}
:focus-visible{outline:2px solid ${ACCENT};outline-offset:-2px}
.l{flex:1;overflow:hidden;text-overflow:ellipsis}
.i{display:none}
.s{min-block-size:1.5em;margin:.5em .9em;color:${SOFT};font-size:.8em}
@container (max-width:6em){
.l,.s,.z,.p:empty,button::before{display:none}
.i{display:block}
ul ul{margin:0;border:0;padding:0}
a,button{justify-content:center;padding:0}
.p{position:absolute;inset:.4rem calc(50% - 1.05rem) auto auto;min-inline-size:0;padding:0;font-size:0;border:.25rem solid;border-radius:1rem}
.u,.o{border-width:1.5px;padding:.17rem}
[aria-current] .p{border-color:${ACCENT}}
}
@media (forced-colors:active){[aria-current]{outline:1px solid}}
@media (prefers-reduced-motion:no-preference){button::before{transition:rotate .15s,translate .15s}}`;
