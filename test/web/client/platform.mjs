// A browser without a browser, for the client package: a clock that tests move, tabs that share locks and channels, and
// a real server over HTTP that misbehaves on command.
import http from "node:http";
import { setImmediate as turn, setTimeout as wait } from "node:timers/promises";
import { createBadges } from "../../../web/client/src/index.js";

export const ANSWER = {
  knowledge: { sites: null, sources: 3, crawlFailures: 12 }, conversations: 4, feedback: 7,
  integrations: { installed: 2, marketplace: 0 },
};
export const COUNTS = {
  "knowledge.sites": 0, "knowledge.sources": 3, "knowledge.crawlFailures": 12, conversations: 4, feedback: 7,
  "integrations.installed": 2, "integrations.marketplace": 0,
};

export class Clock {
  time = Date.UTC(2026, 10, 24, 12);
  skew = 0; // what a machine that slept, or somebody who set the clock, added to the time of day
  #timers = new Map();
  #last = 0;

  setTimeout = (call, ms = 0) => {
    this.#timers.set(++this.#last, { at: this.time + Math.max(0, ms), call });
    return this.#last;
  };

  clearTimeout = (id) => this.#timers.delete(id);

  /** Move on, calling what is due in its order; what waits for a promise gets its turn between. */
  async advance(ms) {
    const end = this.time + ms;
    for (;;) {
      for (let i = 0; i < 3; i++) await turn();
      const due = [...this.#timers].filter(([, { at }]) => at <= end).sort((a, b) => a[1].at - b[1].at)[0];
      if (!due) break;
      this.#timers.delete(due[0]);
      this.time = Math.max(this.time, due[1].at);
      due[1].call();
    }
    this.time = end;
    for (let i = 0; i < 3; i++) await turn();
  }
}

/** The locks and channels of one browser. */
export class Browser {
  constructor(clock = new Clock()) {
    this.clock = clock;
  }

  #queues = new Map();
  #channels = new Set();

  #next(name) {
    const queue = this.#queues.get(name);
    const first = queue[0];
    if (!first || first.isHeld) return;
    first.isHeld = true;
    const done = () => {
      const at = queue.indexOf(first);
      if (at >= 0) queue.splice(at, 1);
      this.#next(name);
    };
    Promise.resolve(first.callback()).then((value) => {
      first.resolve(value);
      done();
    });
  }

  request = (name, { signal, steal }, callback) => new Promise((resolve, reject) => {
    if (steal && signal) return reject(new DOMException("steal with a signal", "NotSupportedError"));
    const queue = this.#queues.get(name) ?? this.#queues.set(name, []).get(name);
    const entry = { callback, resolve, reject, isHeld: false };
    if (steal) {
      const held = queue[0]?.isHeld ? queue.shift() : null;
      held?.reject(new DOMException("stolen", "AbortError"));
      queue.unshift(entry);
    } else queue.push(entry);
    signal?.addEventListener("abort", () => {
      if (entry.isHeld || !queue.includes(entry)) return;
      queue.splice(queue.indexOf(entry), 1);
      reject(signal.reason);
    });
    setImmediate(() => this.#next(name));
  });

  /** A page of this browser, as the package sees one. */
  tab({ fetch = globalThis.fetch, locks = true, channels = true } = {}) {
    const { clock } = this;
    const all = this.#channels;
    const window = Object.assign(new EventTarget(), {
      pending: 0,
      browser: this,
      clock,
      Date: { now: () => clock.time + clock.skew, parse: Date.parse },
      Math: { random: () => 0.5, min: Math.min, max: Math.max },
      setTimeout: clock.setTimeout,
      clearTimeout: clock.clearTimeout,
      document: Object.assign(new EventTarget(), { hidden: false }),
      navigator: { onLine: true, ...(locks && { locks: { request: this.request } }) },
      async fetch(url, init) {
        window.pending++;
        try {
          return await fetch(url, init);
        } finally {
          window.pending--;
        }
      },
      ...(channels && {
        BroadcastChannel: class {
          constructor(name) {
            this.name = name;
            all.add(this);
          }

          postMessage(data) {
            if (window.isHung) return;
            const copy = structuredClone(data);
            for (const other of all) {
              if (other != this && other.name == this.name) setImmediate(() => all.has(other) && other.onmessage?.({ data: copy }));
            }
          }

          close() {
            all.delete(this);
          }
        },
      }),
    });
    return Object.assign(window, {
      hide(isHidden = true) {
        window.document.hidden = isHidden;
        window.document.dispatchEvent(new Event("visibilitychange"));
      },
      fire: (type) => window.dispatchEvent(new Event(type)),
    });
  }
}

export const frame = (answer, asOf = "1-0/10") => `event: badges\nid: ${asOf}\ndata: ${JSON.stringify(answer)}\n\n`;

/** A server whose two paths do what `stream` and `poll` say; each gets (request, response, how often it was called). */
export class Server {
  streams = new Set();

  /** Forget what was, and behave so from now on. */
  behave(behaviour = {}) {
    this.streams.forEach((response) => response.destroy());
    Object.assign(this, {
      requests: [], counts: { stream: 0, poll: 0 }, isHanging: false,
      stream: (request, response) => this.open(response, frame(ANSWER)),
      poll: (request, response) => this.json(response, ANSWER),
      ...behaviour,
    });
    return this;
  }

  async start() {
    this.behave();
    this.server = http.createServer((request, response) => {
      const kind = request.url.split("?")[0].endsWith("/stream") ? "stream" : "poll";
      this.requests.push({ kind, url: request.url, headers: request.headers });
      this[kind](request, response, ++this.counts[kind]);
    });
    await new Promise((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    this.url = `http://127.0.0.1:${this.server.address().port}/api/sidebar/badges`;
    return this;
  }

  async stop() {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  open(response, text, status = 200, headers = {}) {
    response.writeHead(status, { "Content-Type": "text/event-stream", ...headers });
    response.write("retry: 2000\n\n" + text);
    this.streams.add(response);
    response.on("close", () => this.streams.delete(response));
  }

  json(response, body, { status = 200, asOf = "1-0/10", headers = {} } = {}) {
    response.writeHead(status, {
      "Content-Type": status < 400 ? "application/json" : "application/problem+json",
      ...(asOf && { "Badged-As-Of": asOf }), ...headers });
    response.end(JSON.stringify(body));
  }

  problem(response, status, headers = {}) {
    this.json(response, { title: "No", detail: `because of ${status}` }, { status, asOf: null, headers });
  }

  send(text) {
    for (const response of this.streams) response.write(text);
  }
}

/**
 * A tab with a store that somebody looks at, and what moves its time. Time stands still while an answer is awaited, so
 * that a busy machine does not look like a slow server.
 */
export const follow = (server, options = {}, tab = new Browser().tab(), clock = null) => {
  const badges = createBadges({ url: server.url, fetch: (...args) => tab.fetch(...args), ...options }, tab);
  const seen = [];
  const own = clock ?? tab.clock;
  const note = (snapshot) => {
    if (seen.at(-1) != snapshot.status) seen.push(snapshot.status);
  };
  const unsubscribe = badges.subscribe(note);
  note(badges.getSnapshot());
  const me = {
    badges, tab, seen, unsubscribe,
    get snapshot() {
      return badges.getSnapshot();
    },
    /** Until the condition holds, or so many seconds of the tab's time are over. */
    async until(condition, seconds = 300) {
      const end = own.time + seconds * 1000;
      const deadline = Date.now() + 20_000;
      while (!condition(badges.getSnapshot())) {
        if (own.time > end || Date.now() > deadline) {
          throw new Error(`not within ${seconds} s: ${condition}, but ${JSON.stringify(badges.getSnapshot())}`);
        }
        await wait(2);
        if (!tab.pending || server.isHanging) await own.advance(250);
      }
    },
    is: (status, seconds) => me.until((snapshot) => snapshot.status == status, seconds),
  };
  return me;
};
