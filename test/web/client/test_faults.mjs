// Each way that a server, a proxy or a network fails, and how the store comes back from it. The native EventSource gives
// up for good on half of these.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { ANSWER, Browser, COUNTS, Server, follow, frame } from "./platform.mjs";

const server = await new Server().start();
after(() => server.stop());

/** A store before a server that behaves so; it ends with the test. */
const meet = (t, behaviour = {}, options = {}) => {
  const me = follow(server.behave(behaviour), options);
  t.after(() => me.badges.close());
  return me;
};
const bad = (wrong, times = 1) => (request, response, n) =>
  n <= times ? wrong(response, request) : server.open(response, frame(ANSWER));
const kinds = () => server.requests.map(({ kind }) => kind).join(" ");

test("the state is there with one request, and numbers of null are zero", async (t) => {
  const me = meet(t);
  await me.is("live");
  assert.deepEqual({ ...me.snapshot.counts }, COUNTS);
  assert.equal(me.snapshot.asOf, "1-0/10");
  assert.equal(me.snapshot.error, null);
  assert.equal(kinds(), "stream");
});

test("a hundred events need no further request", async (t) => {
  const me = meet(t);
  await me.is("live");
  for (let n = 0; n < 100; n++) server.send(frame({ feedback: n }, `1-0/${(0x20 + n).toString(16)}`));
  await me.until(({ counts }) => counts.feedback == 99);
  assert.equal(kinds(), "stream");
});

test("frames that are late or come twice change nothing", async (t) => {
  const me = meet(t);
  await me.is("live");
  server.send(frame({ feedback: 9 }, "1-0/30") + frame({ feedback: 8 }, "1-0/20") + frame({ feedback: 9 }, "1-0/30"));
  await me.until(({ asOf }) => asOf == "1-0/30");
  await me.until(() => true);
  server.send(frame({ feedback: 5 }, "1-0/40"));
  await me.until(({ counts }) => counts.feedback == 5);
  assert.equal(me.seen.join(), "loading,live");
});

test("every status that is no answer is got over", async (t) => {
  for (const status of [400, 404, 408, 429, 500, 502, 503, 504]) {
    const me = meet(t, { stream: bad((response) => server.problem(response, status), 2) });
    await me.is("live", 60);
    assert.equal(me.snapshot.error, null, status);
    me.badges.close();
  }
});

test("a 401 gets another token, once, and nobody notices", async (t) => {
  const asked = [];
  const me = meet(t, {
    stream: (request, response) => request.headers.authorization == "Bearer new"
      ? server.open(response, frame(ANSWER)) : server.problem(response, 401),
  }, { getToken: async ({ skipCache }) => (asked.push(skipCache), skipCache ? "new" : "old") });
  await me.is("live", 5);
  assert.deepEqual(asked, [false, true]);
  assert.equal(me.seen.join(), "loading,live");
});

test("a 401 that stays is unauthorized, takes the numbers away, and is tried rarely", async (t) => {
  let isRefused = false;
  const me = meet(t, {
    stream: (request, response) => isRefused ? server.problem(response, 401) : server.open(response, frame(ANSWER)),
    poll: (request, response) => server.problem(response, 401),
  }, { getToken: () => "token" });
  await me.is("live");
  isRefused = true;
  server.streams.forEach((response) => response.end());
  await me.is("unauthorized", 30);
  assert.equal(me.snapshot.error.status, 401);
  assert.deepEqual(new Set(Object.values(me.snapshot.counts)), new Set([null]));
  const before = server.requests.length;
  await me.tab.clock.advance(25_000);
  assert.equal(server.requests.length, before);
  isRefused = false;
  await me.is("live", 120);
  assert.deepEqual({ ...me.snapshot.counts }, COUNTS);
});

test("a 403 is unauthorized at once", async (t) => {
  const me = meet(t, { stream: bad((response) => server.problem(response, 403)) }, { getToken: () => "token" });
  await me.is("unauthorized", 5);
  assert.equal(kinds(), "stream");
  await me.is("live", 120);
});

test("a server that is gone is stale after two misses, and live when it is back", async (t) => {
  const me = meet(t);
  await me.is("live");
  const { counts } = me.snapshot;
  server.stream = bad((response) => response.destroy(), Infinity);
  server.poll = (request, response) => response.destroy();
  server.streams.forEach((response) => response.destroy());
  await me.is("stale", 30);
  assert.equal(me.snapshot.counts, counts);
  assert.equal(me.snapshot.error.status, 0);
  assert.ok(me.snapshot.updatedAt <= me.tab.clock.time);
  server.stream = (request, response) => server.open(response, frame(ANSWER, "1-0/11"));
  await me.is("live", 60);
  assert.equal(me.snapshot.error, null);
});

test("nothing known stays loading and shows no number", async (t) => {
  const me = meet(t, {
    stream: (request, response) => server.problem(response, 503),
    poll: (request, response) => server.problem(response, 503),
  });
  await me.until(({ error }) => error?.status == 503);
  await me.tab.clock.advance(60_000);
  assert.equal(me.snapshot.status, "loading");
  assert.deepEqual(Object.keys(me.snapshot.counts), []);
  assert.equal(me.snapshot.error.detail, "because of 503");
});

test("a stream that falls silent is given up after 40 s", async (t) => {
  const me = meet(t);
  await me.is("live");
  await me.tab.clock.advance(38_000);
  assert.equal(me.snapshot.status, "live");
  assert.equal(server.counts.stream, 1);
  await me.until(() => server.counts.stream == 2, 10);
  await me.is("live", 10);
});

test("comments keep a stream alive", async (t) => {
  const me = meet(t);
  await me.is("live");
  for (let n = 0; n < 8; n++) {
    server.send(":\n\n");
    await me.until(() => true);
    for (let i = 0; i < 20; i++) await new Promise(setImmediate);
    await me.tab.clock.advance(15_000);
  }
  assert.equal(server.counts.stream, 1);
  assert.equal(me.seen.join(), "loading,live");
});

test("an answer that never comes is given up after 10 s, and polled for", async (t) => {
  const me = meet(t, { isHanging: true, stream() {} });
  await me.is("polling", 30);
  assert.deepEqual({ ...me.snapshot.counts }, COUNTS);
});

test("a proxy that holds the events back is polled through", async (t) => {
  const me = meet(t, { stream: (request, response) => server.open(response, ":\n\n") });
  await me.is("polling", 30);
});

test("the page of a captive portal is no answer", async (t) => {
  const html = (request, response) => {
    response.writeHead(200, { "Content-Type": "text/html" });
    response.end("<h1>7 reasons to log in</h1>");
  };
  const me = meet(t, { stream: html, poll: html });
  await me.until(({ error }) => error);
  assert.match(me.snapshot.error.detail, /text\/html/);
  assert.deepEqual(Object.keys(me.snapshot.counts), []);
  server.stream = (request, response) => server.open(response, frame(ANSWER));
  await me.is("live", 120);
});

test("a redirect to a page is no answer either", async (t) => {
  const me = meet(t, {
    stream: bad((response) => {
      response.writeHead(302, { Location: "/login/stream" });
      response.end();
    }, 1),
  });
  let wasRedirected = false;
  const { stream } = server;
  server.stream = (request, response, n) => {
    if (!request.url.startsWith("/login")) return stream(request, response, n);
    wasRedirected = true;
    response.writeHead(200, { "Content-Type": "text/html" });
    response.end("<form>");
  };
  await me.is("live", 60);
  assert.ok(wasRedirected);
});

test("half an event, and what is no JSON, are got over", async (t) => {
  const me = meet(t, {
    stream: bad((response) => {
      server.open(response, "event: badges\ndata: {\"feedb\n\n");
    }, 1),
  });
  await me.is("live", 60);
  server.stream = bad((response) => {
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    response.end("event: badges\ndata: {\"feedback\":1");
  }, 2);
  server.counts.stream = 0;
  server.streams.forEach((response) => response.end());
  await me.until(() => server.counts.stream == 3);
  await me.is("live", 60);
});

test("an event without an end is not kept", async (t) => {
  const me = meet(t, {
    stream: bad((response) => {
      server.open(response, "data: ");
      for (let i = 0; i < 40; i++) response.write("x".repeat(1 << 16));
    }, 1),
  });
  await me.until(({ error }) => error, 60);
  assert.match(me.snapshot.error.title, /Endless/);
  await me.is("live", 60);
});

test("Retry-After is waited for, with jitter, and nothing is asked before", async (t) => {
  const me = meet(t, { stream: bad((response) => server.problem(response, 503, { "Retry-After": "20" }), 1) });
  await me.until(({ error }) => error);
  const { clock } = me.tab;
  await clock.advance(19_000);
  assert.equal(kinds(), "stream");
  await me.is("live", 10);
});

test("a limit of streams leaves polling, by etag, with a body for each change only", async (t) => {
  let feedback = 1;
  const answers = [];
  const me = meet(t, {
    stream: (request, response) => server.problem(response, 429, { "Retry-After": "2" }),
    poll(request, response) {
      const etag = `"${feedback}"`;
      const isSame = request.headers["if-none-match"] == etag;
      answers.push(isSame ? 304 : 200);
      if (!isSame) return server.json(response, { feedback }, { asOf: `1-0/${10 + feedback}`, headers: { ETag: etag } });
      response.writeHead(304, { "Badged-As-Of": `1-0/${10 + feedback}`, ETag: etag });
      response.end();
    },
  });
  await me.is("polling", 20);
  await me.until(() => answers.length == 3, 60);
  feedback = 2;
  await me.until(({ counts }) => counts.feedback == 2, 17);
  assert.deepEqual(answers, [200, 304, 304, 200]);
  assert.equal(me.seen.join(), "loading,polling");
});

test("an etag of before the stream is not believed after it", async (t) => {
  const me = meet(t, {
    stream: bad((response) => server.problem(response, 404), 1),
    poll(request, response) {
      if (request.headers["if-none-match"]) return response.writeHead(304).end();
      server.json(response, { feedback: 1 }, { asOf: "1-0/1", headers: { ETag: '"1"' } });
    },
  });
  await me.is("polling", 20);
  await me.is("live", 60);
  assert.equal(me.snapshot.counts.feedback, 7);
  server.poll = (request, response) => {
    assert.equal(request.headers["if-none-match"], undefined);
    server.json(response, { feedback: 2 }, { asOf: "1-0/20" });
  };
  await me.badges.refetch();
  assert.equal(me.snapshot.counts.feedback, 2);
});

test("what the server says of its own trust is passed on", async (t) => {
  const me = meet(t);
  await me.is("live");
  server.send('event: status\ndata: {"status":"stale","since":"2026-11-24T11:58:00Z"}\n\n');
  await me.is("stale");
  assert.equal(me.snapshot.updatedAt, Date.UTC(2026, 10, 24, 11, 58));
  assert.equal(me.snapshot.counts.feedback, 7);
  server.send(frame({ feedback: 8 }, "1-0/20") + 'event: status\ndata: {"status":"live"}\n\n');
  await me.is("live");
  assert.equal(me.snapshot.counts.feedback, 8);
  server.send('event: status\ndata: {"status":"unknown"}\n\n');
  await me.is("loading");
  assert.equal(me.snapshot.counts.feedback, null);
  server.send(frame({ feedback: 8 }, "1-0/20") + 'event: status\ndata: {"status":"live"}\n\n');
  await me.is("live");
  assert.equal(me.snapshot.counts.feedback, 8);
});

test("an answer of the past is not shown, until there is nothing else for long", async (t) => {
  const me = meet(t);
  await me.is("live");
  server.stream = (request, response) => server.open(response, frame({ feedback: 1 }, "1-0/5"));
  server.poll = (request, response) => server.json(response, { feedback: 1 }, { asOf: "1-0/5" });
  server.streams.forEach((response) => response.end());
  await me.is("stale", 60);
  assert.equal(me.snapshot.counts.feedback, 7);
  await me.is("live", 120);
  assert.equal(me.snapshot.counts.feedback, 1);
});

test("the end of a stream that did its time is nothing to see, and the way back names the as-of", async (t) => {
  const me = meet(t);
  await me.is("live");
  await me.tab.clock.advance(30_000);
  server.send(":\n\n");
  await new Promise((resolve) => setTimeout(resolve, 20));
  server.streams.forEach((response) => response.end());
  await me.until(() => server.counts.stream == 2, 1);
  await me.until(() => server.streams.size == 1);
  assert.equal(me.seen.join(), "loading,live");
  assert.equal(server.requests[1].headers["last-event-id"], "1-0/10");
});

test("a server that says when to come back is obeyed", async (t) => {
  const me = meet(t);
  await me.is("live");
  server.send("retry: 8000\n\n");
  await new Promise((resolve) => setTimeout(resolve, 20));
  await me.tab.clock.advance(10_000);
  server.streams.forEach((response) => response.end());
  await new Promise((resolve) => setTimeout(resolve, 20));
  await me.tab.clock.advance(7_500);
  assert.equal(server.counts.stream, 1);
  await me.until(() => server.counts.stream == 2, 2);
});

test("retries wait longer each time, and for 30 s at the most", async (t) => {
  const times = [];
  const me = meet(t, {
    stream: (request, response) => {
      times.push(me.tab.clock.time);
      response.destroy();
    },
    poll: (request, response) => response.destroy(),
  });
  await me.until(() => times.length == 9, 300);
  const waits = times.slice(1).map((time, index) => time - times[index]);
  assert.ok(waits[3] > waits[0] && waits.every((ms) => ms <= 31_000), waits.join());
  assert.ok(waits.at(-1) >= 14_000, waits.join());
});

test("getToken that hangs, throws or knows nothing does not end it", async (t) => {
  let call = 0;
  const me = meet(t, { isHanging: true }, {
    getToken() {
      call++;
      if (call == 1) return new Promise(() => {});
      if (call == 2) throw new Error("no session yet");
      return null;
    },
  });
  await me.is("live", 60);
  assert.equal(server.requests.at(-1).headers.authorization, undefined);
});

test("offline is said at once, and online asks at once", async (t) => {
  const me = meet(t);
  await me.is("live");
  me.tab.navigator.onLine = false;
  me.tab.fire("offline");
  assert.equal(me.snapshot.status, "offline");
  assert.equal(me.snapshot.counts.feedback, 7);
  await me.tab.clock.advance(2000);
  me.tab.navigator.onLine = true;
  me.tab.fire("online");
  me.tab.fire("pageshow");
  await me.is("live", 1);
  assert.equal(kinds(), "stream stream");
});

test("a machine that slept asks as soon as it wakes", async (t) => {
  const me = meet(t);
  await me.is("live");
  me.tab.clock.skew += 3_600_000; // no timer ran
  await me.until(() => server.counts.stream == 2, 2);
  await me.is("live", 2);
});

test("a clock that is set back delays nothing", async (t) => {
  const me = meet(t, { stream: (request, response) => server.problem(response, 404) });
  await me.is("polling");
  const before = server.counts.poll;
  me.tab.clock.skew -= 3_600_000;
  await me.until(() => server.counts.poll > before, 20);
});

test("refetch asks once, for the commit that is named, and tells it", async (t) => {
  const me = meet(t, {
    poll: (request, response) => server.json(response, { feedback: 6 }, { asOf: "1-0/99" }),
  });
  await me.is("live");
  const snapshot = await me.badges.refetch("1-0/99");
  assert.equal(server.requests.at(-1).url, "/api/sidebar/badges?after=1-0%2F99");
  assert.equal(snapshot.counts.feedback, 6);
  assert.equal(snapshot.status, "live");
  server.poll = (request, response) => server.problem(response, 504);
  assert.equal((await me.badges.refetch("1-0/100")).status, "live");
});

test("without a subscriber nothing is asked, and the last one lets the stream go", async (t) => {
  const me = meet(t);
  await me.is("live");
  me.unsubscribe();
  const again = me.badges.subscribe(() => {}); // as React does it in its strict mode
  await me.tab.clock.advance(3000);
  assert.equal(server.streams.size, 1);
  again();
  await me.until(() => server.streams.size == 0, 5);
  assert.equal(me.snapshot.status, "stale");
  me.badges.subscribe(() => {});
  await me.is("live", 5);
});

test("what a page was rendered with is shown first", async (t) => {
  const me = meet(t, {}, { initial: { counts: { feedback: 2 }, asOf: "1-0/1" } });
  assert.equal(me.snapshot.counts.feedback, 2);
  assert.equal(me.badges.getServerSnapshot(), me.snapshot);
  await me.is("live");
  assert.equal(me.snapshot.counts.feedback, 7);
  assert.equal(me.badges.getServerSnapshot().counts.feedback, 2);
});

test("a browser without locks or channels has a stream in each tab", async (t) => {
  for (const missing of [{ locks: false }, { channels: false }]) {
    meet(t).badges.close();
    const one = follow(server, { key: "a" }, new Browser().tab(missing));
    t.after(() => one.badges.close());
    await one.is("live");
    one.badges.close();
  }
});

test("whatever getToken fails with is a failure like another, and no reason to ask without pause", async (t) => {
  for (const thrown of ["no session", { code: 401 }, null]) {
    let calls = 0;
    const me = meet(t, {}, {
      async getToken() {
        if (++calls < 4) throw thrown;
        return calls < 50 ? "token" : new Promise(() => {});
      },
    });
    await me.until(({ error }) => error, 5);
    assert.equal(calls, 1);
    await me.is("live", 60);
    me.badges.close();
  }
});

test("a subscriber that throws is reported, and disturbs neither the stream nor others", async (t) => {
  const reported = [];
  const tab = new Browser().tab();
  tab.reportError = ({ message }) => reported.push(message);
  const me = follow(server.behave(), {}, tab);
  t.after(() => me.badges.close());
  me.badges.subscribe(() => {
    throw new Error("mine");
  });
  const heard = [];
  me.badges.subscribe(({ counts }) => heard.push(counts.feedback));
  await me.until(({ status }) => status == "live", 5);
  server.send(frame({ feedback: 9 }, "1-0/20"));
  await me.until(({ counts }) => counts.feedback == 9, 5);
  assert.deepEqual(heard, [7, 9]);
  assert.equal(kinds(), "stream");
  assert.deepEqual(new Set(reported), new Set(["mine"]));
});

test("an etag of numbers that were taken away brings them back", async (t) => {
  let isRefused = false;
  const me = meet(t, {
    stream: (request, response) => server.problem(response, isRefused ? 401 : 404),
    poll(request, response) {
      if (isRefused) return server.problem(response, 401);
      if (request.headers["if-none-match"]) return response.writeHead(304, { "Badged-As-Of": "1-0/10", ETag: '"1"' }).end();
      server.json(response, { feedback: 7 }, { headers: { ETag: '"1"' } });
    },
  });
  await me.is("polling", 20);
  isRefused = true;
  await me.is("unauthorized", 60);
  isRefused = false;
  await me.is("polling", 200);
  assert.equal(me.snapshot.counts.feedback, 7);
});

test("a retry of nothing is no storm, and one of years is no end", async (t) => {
  const times = [];
  const me = meet(t, {
    stream(request, response) {
      times.push(me.tab.clock.time);
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      response.write("retry: 0\n\n");
      setTimeout(() => response.destroy(), 1);
    },
    poll: (request, response) => response.destroy(),
  });
  await me.until(() => times.length == 8, 300);
  assert.ok(times[7] - times[0] > 10_000, times.join());
  me.badges.close();

  const late = meet(t);
  await late.is("live");
  await late.tab.clock.advance(6000);
  server.send("retry: 99999999999\n\n");
  await new Promise((resolve) => setTimeout(resolve, 20));
  server.streams.forEach((response) => response.end());
  await late.until(() => server.counts.stream == 2, 700);
});

test("being offline longer makes the numbers no newer", async (t) => {
  const me = meet(t);
  await me.is("live");
  me.tab.hide();
  await me.is("stale", 40);
  const { updatedAt } = me.snapshot;
  await me.tab.clock.advance(600_000);
  server.stream = server.poll = (request, response) => response.destroy();
  me.tab.navigator.onLine = false;
  me.tab.hide(false);
  await me.is("offline", 30);
  const before = server.requests.length;
  await me.until(() => server.requests.length > before + 1, 120);
  assert.equal(me.snapshot.updatedAt, updatedAt);
});

test("who is online again and knows nothing is not called offline", async (t) => {
  const tab = new Browser().tab();
  tab.navigator.onLine = false;
  const refuse = (request, response) => server.problem(response, 503);
  const me = follow(server.behave({ stream: refuse, poll: refuse }), {}, tab);
  t.after(() => me.badges.close());
  await me.is("offline", 30);
  tab.navigator.onLine = true;
  tab.fire("online");
  await me.is("loading", 60);
  assert.equal(me.snapshot.error.status, 503);
});

test("numbers polled from a server that is behind are as old as it says", async (t) => {
  const me = meet(t, {
    stream: (request, response) => server.problem(response, 404),
    poll: (request, response) => server.json(response, { feedback: 1 }, { headers: { "Badged-Stale": "600" } }),
  });
  await me.is("stale", 30);
  const age = me.tab.clock.time - me.snapshot.updatedAt;
  assert.ok(age >= 600_000 && age < 602_000, `${age} ms`);
});

test("what the server knows again after it knew nothing is taken, whatever its as-of", async (t) => {
  const me = meet(t);
  await me.is("live");
  server.send('event: status\ndata: {"status":"unknown"}\n\n');
  await me.is("loading");
  server.send(frame({ feedback: 1 }, "1-0/5") + 'event: status\ndata: {"status":"live"}\n\n');
  await me.is("live", 5);
  assert.equal(me.snapshot.counts.feedback, 1);
});
