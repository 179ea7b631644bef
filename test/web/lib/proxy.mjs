// A proxy that misbehaves on command, in front of badged; and a site of somebody else's, whose pages ask badged through
// it. It notes every request that comes to it.

import http from "node:http";

const STREAM = "/api/sidebar/badges/stream";
const BADGES = "/api/sidebar/badges";

export class Proxy {
  /** Requests in their order: { method, path, headers, status, isOpen }. */
  requests = [];
  /** Pages of its own: path → { type, body }. */
  pages = new Map();
  /** What a request for badges meets: undefined (it goes through), { status, headers, body }, or "hang". */
  fault = () => undefined;
  /** What happens to the bytes of a stream: (text) => text, or text in several parts. */
  transform = (text) => text;
  #sockets = new Set();
  #streams = new Set();
  #isSilent = false;

  constructor(upstream) {
    this.upstream = new URL(upstream);
    this.server = http.createServer((request, response) => this.#answer(request, response));
    this.server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
      socket.on("error", () => {});
    });
  }

  /** A proxy that listens for as long as anything else of the file goes on. */
  static async listen(upstream) {
    const proxy = new Proxy(upstream);
    await new Promise((resolve) => proxy.server.listen(0, "127.0.0.1", resolve));
    proxy.url = `http://127.0.0.1:${proxy.server.address().port}`;
    proxy.server.unref(); // connections end with the pages that made them
    return proxy;
  }

  asked(path = BADGES) {
    return this.requests.filter((request) => request.path === path);
  }

  get streams() {
    return this.asked(STREAM).filter(({ isOpen, status }) => isOpen && status === 200);
  }

  /** End every connection, as a reset does. */
  cut() {
    this.#sockets.forEach((socket) => socket.resetAndDestroy());
  }

  /** Half-open: connections stay, and nothing comes through them any more, nor through new ones; or all is well. */
  silence(isSilent) {
    this.#isSilent = isSilent;
  }

  /** Send an event of the test's own making into every open stream. */
  inject(text) {
    this.#streams.forEach((response) => response.write(text));
  }

  #answer(request, response) {
    const path = request.url.split("?")[0];
    const noted = {
      method: request.method,
      path,
      url: request.url,
      headers: request.headers,
      isOpen: true,
      status: 0,
    };
    this.requests.push(noted);
    response.on("close", () => {
      noted.isOpen = false;
      this.#streams.delete(response);
    });
    const page = this.pages.get(path);
    if (page) {
      response.writeHead(200, { "Content-Type": page.type, ...page.headers });
      return response.end(page.body);
    }
    if (this.#isSilent) return;
    const fault = path.startsWith(BADGES) ? this.fault(noted) : undefined;
    if (fault === "hang") return;
    if (fault) {
      noted.status = fault.status;
      response.writeHead(fault.status, fault.headers);
      return response.end(fault.body);
    }
    this.#forward(request, response, noted);
  }

  #forward(request, response, noted) {
    const { hostname, port } = this.upstream;
    const headers = { ...request.headers, host: `${hostname}:${port}` };
    const onward = http.request({ hostname, port, method: request.method, path: request.url, headers, agent: false });
    onward.on("error", () => response.destroy());
    response.on("close", () => onward.destroy());
    onward.on("response", (answer) => {
      noted.status = answer.statusCode;
      response.writeHead(answer.statusCode, answer.headers);
      response.flushHeaders();
      if (noted.path !== STREAM || answer.statusCode !== 200) return answer.pipe(response);
      this.#streams.add(response);
      answer.setEncoding("utf8");
      answer.on(
        "data",
        (text) => this.#isSilent || [this.transform(text)].flat().forEach((part) => part && response.write(part)),
      );
      answer.on("end", () => response.end());
    });
    request.pipe(onward);
  }
}

/** A problem as badged answers it. */
export const problem = (status, detail = "It does not go well", headers = {}) => ({
  status,
  headers: { "Content-Type": "application/problem+json", ...headers },
  body: JSON.stringify({ type: "about:blank", title: "It does not go well", status, detail }),
});
