// What needs neither network nor page: reading answers, words, the store, the package on a server.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";
import { ageOf, describe, messages } from "../../../web/client/src/elements/words.js";
import { createBadges } from "../../../web/client/src/index.js";
import { BadgesProvider, useSidebarBadges } from "../../../web/client/src/react.js";
import { getSidebarBadges } from "../../../web/client/src/server.js";
import { createStore } from "../../../web/client/src/store.js";
import { countsOf, isOlder, problemOf } from "../../../web/client/src/wire.js";
import { ANSWER, COUNTS, Server } from "./platform.mjs";

const require = createRequire(new URL("../../../web/client/package.json", import.meta.url));
const { createElement } = require("react");
const { renderToString } = require("react-dom/server");
const LIVE = { status: "live", updatedAt: null };
const AT_NOON = { status: "stale", updatedAt: new Date(2026, 10, 24, 12, 4).getTime() };

test("counts are flat, null is zero, and what is no number is not known", () => {
  assert.deepEqual({ ...countsOf(ANSWER) }, COUNTS);
  assert.deepEqual({ ...countsOf({ a: "3", b: 1.5, c: { d: { e: 1 } }, f: true }) }, { a: null, b: null, "c.d.e": 1, f: null });
  assert.deepEqual({ ...countsOf(JSON.parse('{"a":9007199254740993}')) }, { a: null }); // no longer exact
});

test("a name out of the ordinary harms nothing", () => {
  const counts = countsOf(JSON.parse('{"__proto__":4,"constructor":{"prototype":2}}'));
  assert.equal(counts["__proto__"], 4);
  assert.equal({}.prototype, undefined);
});

test("as-of are ordered by timeline, then position, in hex of two halves", () => {
  for (const [a, b, expected] of [
    ["1-0/A", "1-0/B", true], ["1-0/B", "1-0/A", false], ["1-0/A", "1-0/A", false], ["1-0/FFFFFFFF", "1-1/0", true],
    ["2-0/0", "1-FFFFFFFF/FFFFFFFF", false], ["9-0/0", "10-0/0", true], ["1-9/0", "1-10/0", true],
    [null, "1-0/1", false], ["1-0/1", null, false], ["1-0/1", "", false],
  ]) assert.equal(isOlder(a, b), expected, `${a} ${b}`);
});

test("a problem is what the server says, or what its answer looks like", async () => {
  const problem = (body, headers, status = 503) => problemOf(new Response(body, { status, headers }));
  const type = { "Content-Type": "application/problem+json" };
  assert.deepEqual(await problem('{"title":"No","detail":"because"}', type),
    { status: 503, title: "No", detail: "because", retryAfter: 0 });
  assert.equal((await problem("{", type)).title, "Unexpected answer");
  assert.equal((await problem("null", type)).title, "Unexpected answer");
  assert.equal(typeof (await problem('{"detail":[{"msg":"no"}]}', type)).detail, "string");
  assert.equal((await problem("<html>", { "Content-Type": "text/html" })).detail, "503 text/html");
  assert.equal((await problem("", { "Retry-After": "7" })).retryAfter, 7000);
  const date = new Date(Date.now() + 60_000).toUTCString();
  assert.ok(Math.abs((await problem("", { "Retry-After": date })).retryAfter - 60_000) < 2000);
  assert.equal((await problem("", { "Retry-After": "soon" })).retryAfter, 0);
});

test("a snapshot never changes, and what is equal stays the same object", () => {
  const store = createStore(null);
  let calls = 0;
  store.listeners.add(() => calls++);
  store.set({ counts: { a: 1 }, asOf: "1-0/1" });
  const first = store.get();
  assert.ok(Object.isFrozen(first) && Object.isFrozen(first.counts));
  store.set({ counts: { a: 1 }, asOf: "1-0/1" });
  assert.equal(store.get(), first);
  store.set({ counts: { a: 1 }, asOf: "1-0/2" });
  assert.equal(store.get().counts, first.counts);
  store.set({ counts: { a: 2 }, asOf: "1-0/1", status: "stale" });
  assert.equal(store.get().counts, first.counts);
  assert.equal(store.get().status, "stale");
  assert.equal(calls, 3);
});

test("numbers are said in full and shown up to a limit", () => {
  for (const [count, how, text, spoken] of [
    [1, {}, "1", "1 open"], [2, {}, "2", "2 open"], [99, {}, "99", "99 open"], [100, {}, "99+", "100 open"],
    [1284, {}, "99+", "1,284 open"], [1284, { lang: "de" }, "99+", "1.284 open"],
    [999, { max: 999 }, "999", "999 open"], [1000, { max: 999 }, "999+", "1,000 open"],
    [1284000, { max: Infinity }, "1,284,000", "1,284,000 open"],
    [1284, { isCompact: true }, "1.3K", "1,284 open"], [1284000, { isCompact: true }, "1.3M", "1,284,000 open"],
    [0, {}, "", ""], [0, { showZero: true }, "0", "0 open"],
    [null, {}, "–", "count unavailable"], [undefined, { showZero: true }, "–", "count unavailable"],
  ]) {
    const words = describe(count, LIVE, { lang: "en", ...how });
    assert.equal(words.text, text);
    assert.equal(words.spoken, spoken);
  }
});

test("words have the plurals of their language", () => {
  const before = { ...messages };
  Object.assign(messages, { open: "{n} otwartych", "open one": "{n} otwarte", "open few": "{n} otwarte!" });
  const said = (count) => describe(count, LIVE, { lang: "pl" }).spoken;
  assert.deepEqual([1, 3, 5].map(said), ["1 otwarte", "3 otwarte!", "5 otwartych"]);
  delete messages["open one"];
  delete messages["open few"];
  Object.assign(messages, before);
});

test("a stale number says of when it is", () => {
  assert.match(describe(3, AT_NOON, { lang: "en" }).spoken, /^3 open, as of 12:04\sPM$/);
  assert.equal(describe(3, AT_NOON, { lang: "de" }).spoken, "3 open, as of 12:04");
  assert.equal(ageOf(LIVE, "en"), "");
});

test("each kind of number has a look of its own", () => {
  const kinds = [describe(3, LIVE, {}), describe(3, AT_NOON, {}), describe(null, LIVE, {}), describe(0, LIVE, { showZero: true })];
  assert.equal(new Set(kinds.map(({ kind }) => kind)).size, 4);
});

test("a server renders what it was given, and asks for nothing", () => {
  const badges = createBadges({ initial: { counts: { feedback: 3 }, asOf: "1-0/1" } });
  const Feedback = () => createElement("b", null, useSidebarBadges(null, ({ counts }) => counts.feedback));
  const Status = () => createElement("i", null, useSidebarBadges(badges).status);
  const html = renderToString(createElement(BadgesProvider, { badges }, createElement(Feedback), createElement(Status)));
  assert.equal(html, "<b>3</b><i>loading</i>");
  assert.throws(() => renderToString(createElement(Feedback)), /BadgesProvider/);
});

test("importing the elements on a server does no harm", async () => {
  assert.equal(typeof (await import("../../../web/client/src/elements.js")).setBadges, "function");
});

test("a server gets the counts, or null in good time", async (t) => {
  const server = await new Server().start();
  t.after(() => server.stop());
  const { url } = server;
  assert.deepEqual(await getSidebarBadges({ url, headers: { "X-Tenant-Id": "t" } }), { counts: COUNTS, asOf: "1-0/10" });
  assert.equal(server.requests[0].headers["x-tenant-id"], "t");
  server.poll = (request, response) => server.problem(response, 503);
  assert.equal(await getSidebarBadges({ url }), null);
  server.poll = () => {};
  assert.equal(await getSidebarBadges({ url, timeoutMs: 20 }), null);
});
