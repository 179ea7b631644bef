// How numbers get from badged to a page: one stream for all tabs, no request for an event, nothing lost, nothing old.

import assert from "node:assert/strict";
import { test } from "node:test";
import { browser, shows } from "./lib/browser.mjs";
import { nginx } from "./lib/nginx.mjs";
import { addFeedback, embedded, eventually, resolveFeedback, tenant } from "./lib/programs.mjs";
import { Proxy } from "./lib/proxy.mjs";

const STREAM = "/api/sidebar/badges/stream";
const TABS = 8; // more than the six connections that a browser opens to one place
const TAKEOVER_MS_MAX = 2000;
const HIDDEN_MS = 31_000; // after which a page lets its stream go
const POLL_MS = 16_000;

const { badged, sql } = await embedded();
const behind = await nginx(badged.url);
const { context } = browser();

/** A proxy of the test's own, and a context whose pages go through it. */
async function begin(t, feedback, options) {
  const [proxy, id] = [await Proxy.listen(badged.url), await tenant(sql, feedback)];
  const tabs = await context(t, { origin: proxy.url, tenant: id, ...options });
  const open = async (isClockOurs = false) => {
    const page = await tabs.newPage();
    if (isClockOurs) await page.clock.install();
    await page.goto("/");
    await shows(page, "Feedback", String(feedback));
    return page;
  };
  return { proxy, id, open };
}

/** Hide a page or bring it back, as far as it can tell. */
const setHidden = (page, isHidden) =>
  page.evaluate((hidden) => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
    Object.defineProperty(document, "visibilityState", {
      configurable: true,
      get: () => (hidden ? "hidden" : "visible"),
    });
    document.dispatchEvent(new Event("visibilitychange"));
  }, isHidden);

test("eight tabs share one stream and another takes it over when its tab is closed", async (t) => {
  const { proxy, id, open } = await begin(t, 3);
  const pages = [];
  for (let i = 0; i < TABS; i++) pages.push(await open());
  assert.equal(proxy.streams.length, 1);
  await addFeedback(sql, id);
  for (const page of pages) await shows(page, "Feedback", "4");
  assert.equal(proxy.asked(STREAM).length, 1);

  const started = Date.now();
  await pages.shift().close();
  await eventually(() => proxy.asked(STREAM).length === 2 && proxy.streams.length === 1, "another stream");
  assert.ok(Date.now() - started < TAKEOVER_MS_MAX, `taken over after ${Date.now() - started} ms`);
  await addFeedback(sql, id);
  for (const page of pages) await shows(page, "Feedback", "5");
});

test("a hundred events bring about no request", async (t) => {
  const { proxy, id, open } = await begin(t, 1);
  const page = await open();
  const before = proxy.requests.length;
  const answer = await fetch(`${badged.url}/api/sidebar/badges`, { headers: { "X-Tenant-Id": id } });
  const state = await answer.json();
  for (let n = 1; n <= 100; n++) {
    const data = JSON.stringify({ ...state, feedback: n });
    proxy.inject(`event: badges\nid: 9-0/${n.toString(16).toUpperCase()}\ndata: ${data}\n\n`);
  }
  await shows(page, "Feedback", "100");
  assert.deepEqual(
    proxy.requests.slice(before).map(({ url }) => url),
    [],
  );
});

test("an event that is lost, late or doubled leaves the right number", async (t) => {
  const { proxy, id, open } = await begin(t, 0);
  const page = await open();
  let kept = "";
  const seen = [];
  proxy.transform = (text) => {
    seen.push(text);
    if (!text.includes("event: badges")) return text;
    if (seen.length % 3 === 1) return (kept = text) && ""; // lost, or late
    return [text, kept, text]; // the late one comes behind, and this one twice
  };
  for (let n = 1; n <= 5; n++) {
    const before = seen.length;
    await addFeedback(sql, id);
    await eventually(() => seen.length > before, "an event");
  }
  await shows(page, "Feedback", "5");
  assert.ok(kept.includes("event: badges"));
});

test("an older answer never takes the place of a newer one", async (t) => {
  const { proxy, id, open } = await begin(t, 2);
  const events = [];
  proxy.transform = (text) => {
    events.push(text);
    return text;
  };
  const page = await open();
  await addFeedback(sql, id, 2);
  await shows(page, "Feedback", "4");
  await addFeedback(sql, id, 2);
  await shows(page, "Feedback", "6");
  const older = events.find((text) => text.includes('"feedback":4'));
  const newest = events.findLast((text) => text.includes('"feedback":6'));
  proxy.inject(older);
  proxy.inject(newest.replaceAll('"conversations":null', '"conversations":1'));
  await shows(page, "Conversations", "1"); // what came behind the older one was read
  await shows(page, "Feedback", "6");
});

test("a hidden page lets its stream go and is right as soon as it is looked at", async (t) => {
  const { proxy, id, open } = await begin(t, 2);
  const page = await open(true);
  await eventually(() => proxy.streams.length === 1, "a stream");
  await setHidden(page, true);
  await page.clock.fastForward(HIDDEN_MS);
  await eventually(() => proxy.streams.length === 0, "no stream");
  await addFeedback(sql, id);
  const before = proxy.requests.length;
  await setHidden(page, false);
  await shows(page, "Feedback", "3");
  const asked = proxy.requests.slice(before).filter(({ path }) => path.startsWith("/api/sidebar/badges"));
  assert.ok(asked.length <= 3, asked.map(({ url }) => url).join(" ")); // a stream, and the course of the hour
});

test("where no stream comes through the numbers are asked for and cost a 304", async (t) => {
  const { proxy, id, open } = await begin(t, 2, { isNetworkBroken: true });
  proxy.fault = ({ path }) =>
    path === STREAM && { status: 404, headers: { "Content-Type": "text/html" }, body: "no" };
  const page = await open(true);
  await page.getByRole("status").getByText("Live, by asking").waitFor();
  const polls = () => proxy.asked().length;
  const wait = async () => {
    const before = polls();
    await page.clock.fastForward(POLL_MS);
    await eventually(() => polls() > before && proxy.asked().at(-1).status, "a poll");
  };
  await wait();
  assert.equal(proxy.asked().at(-1).status, 304);
  await addFeedback(sql, id);
  await wait();
  await shows(page, "Feedback", "3");
});

test("a program that stops ends its streams and pages live on with the next one", async (t) => {
  const { badged: first, sql: firstSql } = await embedded();
  const [proxy, id] = [await Proxy.listen(first.url), await tenant(firstSql, 4)];
  const page = await (await context(t, { origin: proxy.url, tenant: id, isNetworkBroken: true })).newPage();
  await page.goto("/");
  await shows(page, "Feedback", "4");
  await sql(`INSERT INTO tenants (id, name, slug) VALUES ('${id}', 'T', 'next')`);
  for (let n = 0; n < 6; n++) await addFeedback(sql, id); // more commits than there, so that it is later
  proxy.upstream = new URL(badged.url);
  await first.end();
  await shows(page, "Feedback", "6");
  await page.getByRole("status").getByText("Live", { exact: true }).waitFor();
});

test("no address names a tenant or a token", async (t) => {
  const { proxy, id, open } = await begin(t, 1);
  await open();
  for (const { url, headers } of proxy.requests) {
    assert.ok(!url.includes(id) && !url.includes("?"), url);
    if (url.startsWith("/api/sidebar/badges")) assert.equal(headers["x-tenant-id"], id);
  }
});

test("a stock nginx in between holds nothing up", async (t) => {
  const id = await tenant(sql, 1);
  const page = await (await context(t, { origin: behind, tenant: id })).newPage();
  await page.goto("/");
  await shows(page, "Feedback", "1");
  await page.getByRole("status").getByText("Live", { exact: true }).waitFor();
  for (let n = 2; n <= 4; n++) {
    await addFeedback(sql, id);
    const started = Date.now();
    await shows(page, "Feedback", String(n));
    assert.ok(Date.now() - started < 5000, `${Date.now() - started} ms`);
  }
  await resolveFeedback(sql, id, 4);
  await shows(page, "Feedback", "0");
});
