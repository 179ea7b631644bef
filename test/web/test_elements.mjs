// <badged-count> and <badged-sidebar> on a page of somebody else, under a strict policy: what is seen, what is heard.

import assert from "node:assert/strict";
import { test } from "node:test";
import { axe, browser } from "./lib/browser.mjs";
import { site } from "./lib/site.mjs";

const origin = await site();
const { context, page: getPage } = browser();
const COUNT = '<a href="/x">Feedback<badged-count for="feedback"></badged-count></a>';
const SIDEBAR = '<badged-sidebar src="/api/sidebar"></badged-sidebar>';
const SOME = { "knowledge.sources": 3, "knowledge.crawlFailures": 12, feedback: 1284, "automation.outbox": 0 };
const NONE = { "knowledge.sources": 0, "knowledge.crawlFailures": 0, feedback: 0, "automation.outbox": 0 };
const ALL_UNKNOWN = Object.fromEntries(Object.keys(SOME).map((name) => [name, null]));

/** A page with this in its body, and what moves its store. */
async function open(t, body, options) {
  const page = await getPage(t, `${origin}/?${encodeURIComponent(body)}`, options);
  await page.waitForFunction(() => globalThis.show && customElements.get("badged-sidebar"));
  if (body.includes("badged-sidebar")) await page.getByRole("link", { name: "Feedback" }).first().waitFor();
  const show = (...state) => page.evaluate((args) => globalThis.show(...args), state);
  return { page, show };
}

const link = (page, label, heard) => page.getByRole("link", { name: new RegExp(`^${label} ?, ${heard}$`) });
const named = (page, name, role = "link") => page.getByRole(role, { name, exact: true }).waitFor();

test("a name carries the count once and the label comes first", async (t) => {
  const { page, show } = await open(t, COUNT + SIDEBAR);
  await show(SOME);
  await named(page, "Crawl Failures, 12 open");
  await show({ ...SOME, feedback: 3 });
  assert.equal(await link(page, "Feedback", "3 open").count(), 2);
});

test("what is heard is exact and in the page's language", async (t) => {
  const { page, show } = await open(t, COUNT);
  for (const [count, heard] of [
    [1, "1 open"],
    [2, "2 open"],
    [1284, "1,284 open"],
  ]) {
    await show({ feedback: count });
    await link(page, "Feedback", heard).waitFor();
  }
  await page.evaluate(() => {
    document.querySelector("badged-count").lang = "de";
    globalThis.setMessages({ open: "{n} offen", "open one": "{n} offene" });
  });
  for (const [count, heard] of [
    [1, "1 offene"],
    [1284, "1.284 offen"],
  ]) {
    await show({ feedback: count });
    await link(page, "Feedback", heard).waitFor();
  }
});

test("what does not fit is cut with a sign and whole in the title", async (t) => {
  const { page, show } = await open(
    t,
    `<p><badged-count for="feedback"></badged-count></p>
     <p><badged-count for="feedback" max="999"></badged-count></p>
     <p><badged-count for="feedback" max="false"></badged-count></p>
     <p><badged-count for="feedback" format="compact"></badged-count></p>`,
  );
  const seen = () =>
    page
      .locator("badged-count")
      .evaluateAll((all) => all.map((one) => one.shadowRoot.querySelector("[part=badge]").textContent));
  for (const [count, shown] of [
    [99, ["99", "99", "99", "99"]],
    [100, ["99+", "100", "100", "100"]],
    [999, ["99+", "999", "999", "999"]],
    [1000, ["99+", "999+", "1,000", "1K"]],
    [1_284_000, ["99+", "999+", "1,284,000", "1.3M"]],
  ]) {
    await show({ feedback: count });
    assert.deepEqual(await seen(), shown);
  }
  assert.match(await page.locator("[part=badge]").first().getAttribute("title"), /1,284,000/);
});

test("zero shows only where it is asked for and nothing moves when a number comes", async (t) => {
  const { page, show } = await open(t, SIDEBAR + '<badged-count for="feedback" show-zero></badged-count>');
  await show(NONE);
  await named(page, "Feedback");
  await named(page, "Outbox, 0 open"); // its definition says that zero is shown
  assert.equal(await page.locator("badged-count [part=badge]").innerText(), "0");
  const label = page.locator("badged-sidebar .l").getByText("Feedback", { exact: true });
  const at = await label.boundingBox();
  for (const state of [{ ...NONE, feedback: 9 }, { ...NONE, feedback: 100 }, ALL_UNKNOWN]) {
    await show(state);
    assert.deepEqual(await label.boundingBox(), at);
  }
});

test("what is not known has no digit and is called unavailable", async (t) => {
  const { page, show } = await open(t, COUNT + SIDEBAR);
  for (const state of [[ALL_UNKNOWN], [{}, "loading"]]) {
    await show(...state);
    assert.equal(await link(page, "Feedback", "count unavailable").count(), 2);
    assert.doesNotMatch(await page.locator("main").innerText(), /\d/);
  }
});

test("a stale number says since when in its look, its name and an attribute", async (t) => {
  const { page, show } = await open(t, COUNT + SIDEBAR);
  await page.evaluate(() => addEventListener("badged-status", ({ detail }) => (globalThis.heard = detail.status)));
  await show(SOME);
  const pill = page.locator("badged-count [part=badge]");
  const look = () =>
    pill.evaluate((node) => [getComputedStyle(node).borderTopStyle, getComputedStyle(node).backgroundColor]);
  const fresh = await look();
  await show(SOME, "stale", { updatedAt: Date.parse("2026-11-24T12:04:00Z") });
  await page.getByRole("link", { name: /^Crawl Failures, 12 open, as of 12:04/ }).waitFor();
  assert.notDeepEqual(await look(), fresh);
  assert.equal(await page.locator("badged-count").getAttribute("status"), "stale");
  assert.equal(await page.evaluate(() => globalThis.heard), "stale");
});

test("changes are silent unless announced and then one text tells a burst", async (t) => {
  const { page, show } = await open(t, '<badged-count for="feedback" announce="Feedback"></badged-count>' + SIDEBAR);
  const region = page.getByRole("status");
  assert.equal(await region.count(), 1);
  await region.evaluate((status) => {
    globalThis.said = [];
    new MutationObserver(() => globalThis.said.push(status.textContent)).observe(status, { childList: true });
  });
  await show({ ...SOME, feedback: 1 });
  await page.evaluate((some) => {
    for (let feedback = 2; feedback <= 50; feedback++) globalThis.show({ ...some, feedback });
  }, SOME);
  await page.waitForFunction(() => globalThis.said.length > 0);
  assert.equal(await region.getAttribute("aria-atomic"), "true");
  assert.deepEqual(await page.evaluate(() => globalThis.said), ["Feedback, 50 open"]);
});

test("axe finds nothing in any state in light colours", (t) => visit(t, "light"));

test("axe finds nothing in any state in dark colours", (t) => visit(t, "dark", ["color-contrast"]));

async function visit(t, colorScheme, rules) {
  const { page, show } = await open(t, COUNT + SIDEBAR, { colorScheme });
  const old = { updatedAt: Date.parse("2026-11-24T12:04:00Z") };
  for (const state of [
    [SOME],
    [NONE],
    [ALL_UNKNOWN],
    [SOME, "stale", old],
    [SOME, "offline", old],
    [{}, "unauthorized"],
  ]) {
    await show(...state);
    await axe(page, rules);
  }
}

test("nothing moves for who wants no motion", async (t) => {
  const { page, show } = await open(t, COUNT + SIDEBAR, { reducedMotion: "reduce" });
  await show(SOME);
  await page.getByRole("button", { name: "Knowledge" }).click();
  await show(NONE);
  assert.equal(await page.evaluate(() => document.getAnimations().length), 0);
});

test("a sidebar of icons keeps the names and a dot", async (t) => {
  const { page, show } = await open(t, SIDEBAR);
  await show(SOME);
  const tree = () => page.locator("badged-sidebar").ariaSnapshot();
  const wide = await tree();
  await page.evaluate(() => document.querySelector("badged-sidebar").setAttribute("narrow", ""));
  await named(page, "Feedback, 1,284 open");
  const names = (text) => text.match(/(?:link|button) "[^"]*"/g);
  assert.deepEqual(names(await tree()), names(wide));
  const dot = await page.getByRole("link", { name: "Feedback" }).locator("[part=badge]").boundingBox();
  assert.ok(dot.width > 3 && dot.width < 16 && dot.height > 3, JSON.stringify(dot));
});

test("a section that is closed sums up what is in it and stays closed", async (t) => {
  const { page, show } = await open(t, SIDEBAR);
  await show(SOME);
  const section = page.getByRole("button", { name: "Knowledge" });
  assert.equal(await section.getAttribute("aria-expanded"), "true");
  await section.click();
  await named(page, "Knowledge, 15 open", "button");
  await page.getByRole("link", { name: "Sources" }).waitFor({ state: "hidden" });
  await show({ ...SOME, "knowledge.sources": null });
  await named(page, "Knowledge, count unavailable", "button");
  await page.reload();
  await page.getByRole("button", { name: "Knowledge" }).waitFor();
  assert.equal(await page.getByRole("button", { name: "Knowledge" }).getAttribute("aria-expanded"), "false");
});

test("arrows go through the sidebar and open its sections", async (t) => {
  const { page, show } = await open(t, SIDEBAR);
  await show(SOME);
  await page.getByRole("link", { name: "Dashboard" }).focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowLeft");
  const section = page.getByRole("button", { name: "Knowledge" });
  assert.equal(await section.getAttribute("aria-expanded"), "false");
  await page.keyboard.press("ArrowRight");
  assert.equal(await section.getAttribute("aria-expanded"), "true");
  await page.keyboard.press("End");
  assert.equal(
    await page.evaluate(
      () => document.querySelector("badged-sidebar").shadowRoot.activeElement.textContent.match(/Outbox/)[0],
    ),
    "Outbox",
  );
});

test("the title and the icon of the app carry the sum and lose it at zero", async (t) => {
  const tabs = await context(t, { origin });
  await tabs.addInitScript(() => {
    globalThis.set = [];
    navigator.setAppBadge = async (n) => void globalThis.set.push(n);
    navigator.clearAppBadge = async () => void globalThis.set.push(0);
  });
  const page = await tabs.newPage();
  await page.goto(
    `/?${encodeURIComponent('<badged-sidebar src="/api/sidebar" title-badge app-badge="feedback"></badged-sidebar>')}`,
  );
  await page.getByRole("link", { name: "Feedback" }).waitFor();
  const show = (...state) => page.evaluate((args) => globalThis.show(...args), state);
  await show({ ...SOME, feedback: 5 });
  assert.match(await page.title(), /^\(20\) Site$/);
  assert.equal(await page.evaluate(() => globalThis.set.at(-1)), 5);
  await show(NONE);
  assert.equal(await page.title(), "Site");
  assert.equal(await page.evaluate(() => globalThis.set.at(-1)), 0);
});

test("a browser that refuses or lacks app badges is no trouble", async (t) => {
  for (const missing of [true, false]) {
    const tabs = await context(t, { origin });
    await tabs.addInitScript((isMissing) => {
      const badge = isMissing ? undefined : () => Promise.reject(new DOMException("no", "NotAllowedError"));
      for (const name of ["setAppBadge", "clearAppBadge"])
        Object.defineProperty(navigator, name, { configurable: true, value: badge });
    }, missing);
    const page = await tabs.newPage();
    await page.goto(`/?${encodeURIComponent('<badged-sidebar src="/api/sidebar" app-badge></badged-sidebar>')}`);
    await page.getByRole("link", { name: "Feedback" }).waitFor();
    await page.evaluate((counts) => globalThis.show(counts), SOME);
    await named(page, "Crawl Failures, 12 open");
  }
});
