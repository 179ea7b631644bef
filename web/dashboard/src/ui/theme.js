// Colours, type and spacing of all pages, and the few rules that every component wants.

import { css } from "lit";

/** For the document: custom properties reach into every component. */
export const page = css`
  :root {
    color-scheme: light dark;
    --ground: light-dark(#f6f6f4, #101114);
    --panel: light-dark(#ffffff, #18191e);
    --side: light-dark(#efefec, #141519);
    --sunken: light-dark(#f4f4f1, #121317);
    --ink: light-dark(#17181c, #eeeef1);
    --soft: light-dark(#5a5c66, #a2a5b1);
    --line: light-dark(#dfdfda, #2b2d35);
    --edge: light-dark(#85878f, #787b87);
    --accent: light-dark(#3d4fd0, #a3b0ff);
    --wash: light-dark(#e8ebff, #252b52);
    --good: light-dark(#0f7350, #4fd0a0);
    --warn: light-dark(#8a5200, #f3bd5c);
    --bad: light-dark(#b3261e, #ff9488);
    --round: 0.75rem;
    --sans: Inter, ui-sans-serif, system-ui, -apple-system, "Segoe UI", sans-serif;
    --mono: ui-monospace, "SF Mono", "Cascadia Code", "DejaVu Sans Mono", monospace;
    font: 400 0.9375rem/1.5 var(--sans);
    background: var(--ground);
    color: var(--ink);
    -webkit-text-size-adjust: 100%;
  }

  body {
    margin: 0;
  }
`;

/** For every component. */
export const shared = css`
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }

  :host {
    display: block;
  }

  :host([hidden]),
  [hidden] {
    display: none !important;
  }

  h1,
  h2,
  h3,
  p,
  ol,
  ul,
  dl,
  dd {
    margin: 0;
    padding: 0;
  }

  ol,
  ul {
    list-style: none;
  }

  a {
    color: inherit;
  }

  :focus-visible {
    outline: 2px solid var(--accent);
    outline-offset: 2px;
    border-radius: 0.25rem;
  }

  .panel {
    background: var(--panel);
    border: 1px solid var(--line);
    border-radius: var(--round);
  }

  .soft {
    color: var(--soft);
  }

  .figures {
    font-variant-numeric: tabular-nums;
  }

  .spoken {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }

  button,
  select,
  input {
    font: inherit;
    color: inherit;
  }

  .control {
    min-height: 2.25rem;
    padding: 0.25rem 0.75rem;
    background: var(--panel);
    border: 1px solid var(--edge);
    border-radius: 0.5rem;
  }

  button.control {
    cursor: pointer;
  }

  button.control:hover {
    border-color: var(--accent);
  }

  code,
  pre {
    font: 0.8125rem/1.55 var(--mono);
  }
`;

/** For a section with a title of its own, on a panel. */
export const titled = css`
  section {
    padding: 1rem 1.125rem;
    min-width: 0;
  }

  h2 {
    font-size: 0.9375rem;
    font-weight: 600;
    margin-block-end: 0.5rem;
  }
`;
