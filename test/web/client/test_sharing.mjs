// Several tabs of one browser: one stream for all, whoever of them comes, goes, hides or hangs.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { createBadges } from "../../../web/client/src/index.js";
import { ANSWER, Browser, COUNTS, Server, follow, frame } from "./platform.mjs";

const server = await new Server().start();
after(() => server.stop());

/** So many tabs of one browser, all of one user. */
const tabs = async (t, count, options = {}) => {
  server.behave();
  const browser = new Browser();
  const all = Array.from({ length: count }, () => follow(server, { key: "tenant user", ...options }, browser.tab()));
  t.after(() => all.forEach((tab) => tab.badges.close()));
  for (const tab of all) await tab.is("live", 5);
  return all;
};
const settle = async (tab) => {
  for (let i = 0; i < 5; i++) await tab.tab.clock.advance(0);
};

test("eight tabs share one stream, and all see each change", async (t) => {
  const all = await tabs(t, 8);
  assert.equal(server.requests.length, 1);
  server.send(frame({ feedback: 8 }, "1-0/20"));
  for (const tab of all) await tab.until(({ counts }) => counts.feedback == 8, 1);
  assert.equal(server.requests.length, 1);
});

test("a tab that comes later is told at once", async (t) => {
  const [first] = await tabs(t, 1);
  const late = follow(server, { key: "tenant user" }, first.tab.browser.tab());
  t.after(() => late.badges.close());
  await late.is("live", 1);
  assert.deepEqual({ ...late.snapshot.counts }, COUNTS);
  assert.equal(server.requests.length, 1);
});

test("another takes over within two seconds when the leader closes", async (t) => {
  const [leader, ...others] = await tabs(t, 3);
  leader.badges.close();
  await others[0].until(() => server.counts.stream == 2, 2);
  server.send(frame({ feedback: 1 }, "1-0/30"));
  for (const tab of others) await tab.until(({ counts }) => counts.feedback == 1, 2);
  assert.equal(server.streams.size, 1);
  assert.ok(others.every((tab) => tab.snapshot.status == "live"));
});

test("a leader that hangs has its place taken", async (t) => {
  const [leader, other] = await tabs(t, 2);
  leader.tab.isHung = true; // it holds its lock, and says nothing
  const keep = setInterval(() => server.send(":\n\n"), 1);
  t.after(() => clearInterval(keep));
  await other.until(() => server.counts.stream >= 2, 60);
  await other.is("live", 10);
});

test("the status of the leader is that of all", async (t) => {
  const [, other] = await tabs(t, 2);
  server.send('event: status\ndata: {"status":"stale","since":"2026-11-24T11:58:00Z"}\n\n');
  await other.is("stale", 1);
  assert.equal(other.snapshot.updatedAt, Date.UTC(2026, 10, 24, 11, 58));
});

test("what one tab refetched is not undone by what the leader had before", async (t) => {
  const [leader, other] = await tabs(t, 2);
  server.poll = (request, response) => server.json(response, { ...ANSWER, feedback: 1 }, { asOf: "1-0/50" });
  await other.badges.refetch("1-0/50");
  await leader.tab.clock.advance(10_000); // the leader says what it has every few seconds
  assert.equal(other.snapshot.counts.feedback, 1);
});

test("tabs of different users share nothing, nor do tabs that do not say whose they are", async (t) => {
  server.behave();
  const browser = new Browser();
  for (const key of ["tenant one", "tenant two", undefined, undefined]) {
    const tab = follow(server, { key }, browser.tab());
    t.after(() => tab.badges.close());
    await tab.is("live", 5);
  }
  assert.equal(server.counts.stream, 4);
});

test("a browser without locks or without channels has a stream in each tab", async (t) => {
  for (const missing of [{ locks: false }, { channels: false }]) {
    server.behave();
    const browser = new Browser();
    for (let i = 0; i < 2; i++) {
      const tab = follow(server, { key: "tenant user" }, browser.tab(missing));
      t.after(() => tab.badges.close());
      await tab.is("live", 5);
    }
    assert.equal(server.counts.stream, 2);
  }
});

test("a hidden tab lets its stream go after a while, and says that it did", async (t) => {
  const [tab] = await tabs(t, 1, { hiddenSeconds: 30 });
  tab.tab.hide();
  await tab.tab.clock.advance(29_000);
  assert.equal(tab.snapshot.status, "live");
  await tab.until(() => server.streams.size == 0, 2);
  assert.equal(tab.snapshot.status, "stale");
  assert.equal(tab.snapshot.counts.feedback, 7);
});

test("it comes back right with one request, whatever events say so", async (t) => {
  const [tab] = await tabs(t, 1);
  tab.tab.hide();
  await tab.until(() => server.streams.size == 0, 40);
  server.stream = (request, response) => server.open(response, frame({ feedback: 2 }, "1-0/60"));
  tab.tab.hide(false);
  tab.tab.fire("pageshow");
  tab.tab.fire("online");
  await tab.is("live", 1);
  assert.equal(tab.snapshot.counts.feedback, 2);
  assert.equal(server.counts.stream, 2);
});

test("looking away for a moment costs nothing", async (t) => {
  const [tab] = await tabs(t, 1);
  for (let i = 0; i < 5; i++) {
    tab.tab.hide();
    await tab.tab.clock.advance(1000);
    tab.tab.hide(false);
    await settle(tab);
  }
  assert.equal(server.counts.stream, 1);
  assert.equal(tab.seen.join(), "loading,live");
});

test("when the leader hides, a tab that is seen takes over", async (t) => {
  const [leader, other] = await tabs(t, 2);
  leader.tab.hide();
  await other.until(() => server.counts.stream == 2, 40);
  await other.is("live", 2);
  await other.until(() => server.streams.size == 1, 2);
  server.send(frame({ feedback: 3 }, "1-0/70"));
  await leader.until(({ counts }) => counts.feedback == 3, 1); // it still hears, such as for its title
});

test("a page that is opened behind another lets its stream go, too", async (t) => {
  server.behave();
  const page = new Browser().tab();
  page.document.hidden = true;
  const tab = follow(server, {}, page);
  t.after(() => tab.badges.close());
  await tab.is("live", 5);
  await tab.until(() => server.streams.size == 0, 40);
  page.fire("online"); // no reason to ask for what nobody sees
  await page.clock.advance(5000);
  assert.equal(server.counts.stream, 1);
  page.hide(false);
  await tab.is("live", 1);
});

test("a tab that only heard of live numbers while it was hidden does not call them so when it is back", async (t) => {
  const [leader, other] = await tabs(t, 2);
  other.tab.hide();
  await other.tab.clock.advance(31_000);
  server.send(frame({ feedback: 4 }, "1-0/80"));
  await other.until(({ status, counts }) => status == "live" && counts.feedback == 4, 10);
  leader.badges.close();
  server.stream = () => {};
  other.seen.length = 0;
  other.tab.hide(false);
  assert.deepEqual(other.seen, ["stale"]);
});

test("going offline in a tab that follows keeps the time of its numbers", async (t) => {
  const [, other] = await tabs(t, 2);
  const { updatedAt } = other.snapshot;
  other.tab.navigator.onLine = false;
  other.tab.fire("offline");
  assert.equal(other.snapshot.status, "offline");
  assert.equal(other.snapshot.updatedAt, updatedAt);
});

test("a page that is frozen or put away lets go at once", async (t) => {
  for (const put of [(tab) => tab.fire("pagehide"), (tab) => tab.document.dispatchEvent(new Event("freeze"))]) {
    const [tab] = await tabs(t, 1);
    put(tab.tab);
    await tab.until(() => server.streams.size == 0, 1);
    tab.tab.fire("pageshow");
    await tab.is("live", 1);
    tab.badges.close();
  }
});

test("tokens of sixty seconds see ten minutes through, without a 401 and without a gap", async (t) => {
  let issued = 0;
  const expiry = new Map();
  server.behave({
    stream(request, response) {
      const token = request.headers.authorization?.slice(7);
      if (!(expiry.get(token) > tab.tab.clock.time)) {
        refused++;
        return server.problem(response, 401);
      }
      server.open(response, frame(ANSWER));
      response.expiry = expiry.get(token);
    },
  });
  let refused = 0;
  const tab = follow(server, {
    getToken() {
      const token = `t${++issued}`;
      expiry.set(token, tab.tab.clock.time + 60_000);
      return token;
    },
  }, new Browser().tab());
  t.after(() => tab.badges.close());
  await tab.is("live");
  const { clock } = tab.tab;
  const end = clock.time + 600_000;
  while (clock.time < end) {
    for (const response of server.streams) {
      if (!response.wasTold && response.expiry - clock.time < 10_000) {
        response.wasTold = true;
        response.write("event: reauth\ndata: {}\n\n");
      } else if (response.expiry < clock.time) response.end();
      else response.write(":\n\n");
    }
    await new Promise((resolve) => setTimeout(resolve, 2));
    await clock.advance(1000);
  }
  assert.equal(refused, 0);
  assert.equal(tab.seen.join(), "loading,live");
  assert.ok(issued >= 11 && issued <= 16, `${issued} tokens`);
  assert.equal(server.streams.size, 1);
});

test("a browser that refuses its locks has a stream in each tab, and is not asked again and again", async (t) => {
  server.behave();
  const page = new Browser().tab();
  let requests = 0;
  page.navigator.locks.request = async () => {
    if (++requests > 9) return new Promise(() => {});
    throw new DOMException("denied", "SecurityError");
  };
  const tab = follow(server, { key: "tenant user" }, page);
  t.after(() => tab.badges.close());
  await tab.is("live", 5);
  assert.equal(requests, 1);
});

test("a browser that refuses channels has a stream in each tab", async (t) => {
  server.behave();
  const page = new Browser().tab();
  page.BroadcastChannel = class {
    constructor() {
      throw new DOMException("denied", "SecurityError");
    }
  };
  const tab = follow(server, { key: "tenant user" }, page);
  t.after(() => tab.badges.close());
  await tab.is("live", 5);
});

test("a channel is open while somebody looks, and at no other time", async (t) => {
  server.behave();
  const page = new Browser().tab();
  let open = 0;
  const { BroadcastChannel } = page;
  page.BroadcastChannel = class extends BroadcastChannel {
    constructor(name) {
      super(name);
      open++;
    }

    close() {
      super.close();
      open--;
    }
  };
  createBadges({ url: server.url, key: "tenant user" }, page); // such as of a page that a server renders
  assert.equal(open, 0);
  const tab = follow(server, { key: "tenant user" }, page);
  t.after(() => tab.badges.close());
  await tab.is("live", 5);
  assert.equal(open, 1);
  tab.unsubscribe();
  await page.clock.advance(2000);
  assert.equal(open, 0);
  tab.badges.subscribe(() => {});
  await tab.is("live", 5);
  assert.equal(open, 1);
});

test("what else is said on the channel changes nothing", async (t) => {
  const [, other] = await tabs(t, 2);
  const page = other.tab.browser.tab();
  const channel = new page.BroadcastChannel(`badged ${server.url} tenant user`);
  const before = other.snapshot;
  for (const message of [null, 5, "state", {}, { state: 5 }, { state: {} }, { state: { counts: null } }]) {
    channel.postMessage(message);
    await settle(other);
  }
  assert.equal(other.snapshot, before);
});

test("numbers of before a hidden machine slept are as old as the last contact", async (t) => {
  const [tab] = await tabs(t, 1);
  const { clock } = tab.tab;
  const last = clock.time;
  tab.tab.hide();
  await clock.advance(29_900);
  server.stream = () => {}; // it has no network yet when it wakes
  clock.skew += 8 * 3_600_000;
  await clock.advance(200); // the tab's time is up before anything else was noticed
  assert.equal(tab.snapshot.status, "stale");
  assert.ok(tab.snapshot.updatedAt <= last, `${(tab.snapshot.updatedAt - last) / 1000} s later`);
});
