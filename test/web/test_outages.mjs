// Every kind of outage: the page says what it does not know, and is right again once the outage is over.

import assert from "node:assert/strict";
import { test } from "node:test";
import { browser, card, shows } from "./lib/browser.mjs";
import { addFeedback, embedded, tenant } from "./lib/programs.mjs";
import { Proxy, problem } from "./lib/proxy.mjs";

const SOON_MS = 5_000;
const STALL_MS = 45_000; // after which a stream without a word is given up
const REFUSED_MS = 65_000; // after which a page that was refused asks again
const { badged, sql } = await embedded();
const { context } = browser();

/**
 * A page that is live, then an outage, then none: `outage` begins it, `until` waits for what the page makes of it.
 * What is committed meanwhile must show afterwards.
 */
async function survive(t, { outage, until, end = () => {}, aheadMs = SOON_MS }) {
  const [proxy, id] = [await Proxy.listen(badged.url), await tenant(sql, 2)];
  const tabs = await context(t, { origin: proxy.url, tenant: id, isNetworkBroken: true });
  const page = await tabs.newPage();
  await page.clock.install();
  await page.goto("/");
  await shows(page, "Feedback", "2");
  await page.getByRole("status").getByText("Live", { exact: true }).waitFor();
  await outage(proxy, page);
  const ahead = async (what) => {
    for (let isThere = false; !isThere;) {
      await page.clock.runFor(aheadMs);
      isThere = await what().then(
        () => true,
        () => false,
      );
    }
  };
  if (until) await ahead(() => until(page));
  await addFeedback(sql, id);
  proxy.fault = () => undefined;
  proxy.silence(false);
  await end(proxy, page);
  await ahead(() => shows(page, "Feedback", "3", 1000));
  await ahead(() => page.getByRole("status").getByText("Live", { exact: true }).waitFor({ timeout: 1000 }));
}

const says = (word) => (page) => page.getByRole("status").getByText(word).waitFor({ timeout: 1000 });

const answering = (answer) => ({
  outage: (proxy) => {
    proxy.fault = () => answer;
    proxy.cut();
  },
  until: says("Stale"),
});

test("401", (t) => survive(t, { ...answering(problem(401)), until: says("No access"), aheadMs: REFUSED_MS }));
test("403", (t) => survive(t, { ...answering(problem(403)), until: says("No access"), aheadMs: REFUSED_MS }));
test("429", (t) => survive(t, answering(problem(429, "Too many", { "Retry-After": "2" }))));
test("500", (t) => survive(t, answering(problem(500))));
test("502 of a proxy", (t) =>
  survive(t, answering({ status: 502, headers: { "Content-Type": "text/html" }, body: "<h1>Bad gateway</h1>" })));
test("503", (t) => survive(t, answering(problem(503, "Not yet", { "Retry-After": "1" }))));
test("an answer of another kind", (t) =>
  survive(t, answering({ status: 200, headers: { "Content-Type": "text/html" }, body: "<h1>Sign in</h1>" })));
test("a redirect to a page of signing in", (t) =>
  survive(t, answering({ status: 302, headers: { Location: "/livez" }, body: "" })));

test("a connection that is cut", (t) => survive(t, { outage: (proxy) => proxy.cut() }));

test("a connection that says nothing any more", (t) =>
  survive(t, { outage: (proxy) => proxy.silence(true), until: says("Stale"), aheadMs: STALL_MS }));

test("a request that is never answered", (t) => survive(t, { ...answering("hang"), aheadMs: STALL_MS }));

test("no network", (t) =>
  survive(t, {
    outage: (proxy, page) => page.context().setOffline(true),
    until: says("Offline"),
    end: (proxy, page) => page.context().setOffline(false),
  }));

test("a machine that slept", (t) =>
  survive(t, {
    outage: async (proxy, page) => {
      proxy.silence(true);
      await page.clock.fastForward("08:00:00");
    },
  }));

test("a number that is not known any more is none", async (t) => {
  const [proxy, id] = [await Proxy.listen(badged.url), await tenant(sql, 2)];
  const page = await (await context(t, { origin: proxy.url, tenant: id })).newPage();
  await page.goto("/");
  await shows(page, "Feedback", "2");
  proxy.inject('event: status\ndata: {"status":"unknown"}\n\n');
  await shows(page, "Feedback", "Not known");
  assert.doesNotMatch(await card(page, "Feedback").locator(".number").innerText(), /\d/);
});
