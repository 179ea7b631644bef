// A page of somebody else's with the elements of @badged/client, and a store that the test moves.

import { createRequire } from "node:module";
import http from "node:http";
import { join } from "node:path";
import { after } from "node:test";
import { ROOT } from "./programs.mjs";

const require = createRequire(join(ROOT, "web", "package.json"));
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:";

const STYLE = `
  :root { color-scheme: light dark; font-family: sans-serif }
  body { background: light-dark(#fff, #111); color: light-dark(#111, #eee) }
  a { color: inherit }
`;
// The page's own script: `show` makes a state known to every element.
const SCRIPT = `
  import { setBadges, setMessages } from "@badged/client/elements";
  let state = Object.freeze({ counts: {}, status: "loading", asOf: null, updatedAt: null, error: null });
  const listeners = new Set();
  setBadges({
    subscribe: (listener) => (listeners.add(listener), () => listeners.delete(listener)),
    getSnapshot: () => state,
    getServerSnapshot: () => state,
    refetch: async () => state,
    close() {},
  });
  globalThis.show = (counts, status = "live", more = {}) => {
    state = Object.freeze({ counts, status, asOf: "1-0/1", updatedAt: 0, error: null, ...more });
    listeners.forEach((listener) => listener(state));
  };
  globalThis.setMessages = setMessages;
`;

export const OUTLINE = {
  items: [
    {
      name: "knowledge",
      label: "Knowledge",
      items: [
        { name: "knowledge.sources", label: "Sources", zero: null },
        { name: "knowledge.crawlFailures", label: "Crawl Failures", zero: null },
      ],
    },
    { name: "feedback", label: "Feedback", zero: null },
    {
      name: "automation",
      label: "Automation",
      items: [{ name: "automation.outbox", label: "Outbox", zero: 0 }],
    },
  ],
};

/** The address of a site until the file's last test is over. `?` and markup after it is what the page's body holds. */
export async function site() {
  const { outputFiles } = await require("esbuild").build({
    stdin: { contents: SCRIPT, resolveDir: join(ROOT, "web", "dashboard") },
    bundle: true,
    format: "esm",
    write: false,
    logLevel: "silent",
  });
  const server = http.createServer((request, response) => {
    const { pathname, search } = new URL(request.url, "http://site.test");
    const send = (type, body) =>
      response.writeHead(200, { "Content-Type": type, "Content-Security-Policy": POLICY }).end(body);
    if (pathname === "/site.js") return send("text/javascript", outputFiles[0].contents);
    if (pathname === "/site.css") return send("text/css", STYLE);
    if (pathname === "/api/sidebar") return send("application/json", JSON.stringify(OUTLINE));
    const body = decodeURIComponent(search.slice(1));
    send(
      "text/html",
      `<!doctype html><html lang="en"><meta charset="utf-8"><title>Site</title><link rel="icon" href="data:,">
       <link rel="stylesheet" href="/site.css"><main><h1>Site</h1>${body}</main>
       <script type="module" src="/site.js"></script>`,
    );
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${server.address().port}`;
}
