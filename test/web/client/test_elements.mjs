// The two elements in a real browser, under a strict Content-Security-Policy, before a store that the test sets.
import assert from "node:assert/strict";
import { test } from "node:test";
import { axe, browser } from "../lib/browser.mjs";
import { Proxy } from "../lib/proxy.mjs";
import { addPackage, OUTLINE } from "./pages.mjs";

const chrome = browser();
const site = await Proxy.listen("http://127.0.0.1:9"); // nothing is passed on
addPackage(site);
site.pages.set("/api/sidebar", { type: "application/json", body: JSON.stringify({ items: OUTLINE }) });
site.pages.set("/style.css", {
  type: "text/css",
  body: `:root{color-scheme:light dark;font:15px/1.5 sans-serif}body{margin:12px;background:Canvas;color:CanvasText}
    badged-sidebar{inline-size:16rem}`,
});
site.pages.set("/test.js", {
  type: "text/javascript",
  body: `import { setBadges, setMessages } from "/client/src/elements.js";
    const listeners = new Set();
    let snapshot = { counts: {}, status: "loading", asOf: null, updatedAt: null, error: null };
    Object.assign(window, {
      setMessages,
      show(change) { snapshot = { ...snapshot, ...change }; listeners.forEach((listener) => listener(snapshot)); },
      statuses: [],
    });
    addEventListener("badged-status", ({ detail }) => statuses.push(detail.status));
    setBadges({ getSnapshot: () => snapshot, subscribe(f) { listeners.add(f); return () => listeners.delete(f); } });`,
});
const COUNTS = {
  "knowledge.sites": 0, "knowledge.sources": 3, "knowledge.crawlFailures": 1284, feedback: 7, "automation.rules": 0,
  "automation.outbox": 120,
};
const NOON = Date.UTC(2026, 10, 24, 12, 4);

/** A page with this in its body, and the counts in its store. */
const open = async (t, body, { counts = COUNTS, status = "live", path = "/feedback", ...options } = {}) => {
  site.pages.set(path, {
    type: "text/html",
    headers: {
      "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:",
    },
    body: `<!doctype html><html lang="en"><meta charset="utf-8"><title>Elements</title><link rel="icon" href="data:,">
      <link rel="stylesheet" href="/style.css"><script type="module" src="/test.js"></script>
      <main><h1>Page</h1>${body}</main></html>`,
  });
  const context = await chrome.context(t, { origin: site.url, bypassCSP: false, ...options });
  const page = await context.newPage();
  await page.goto(path);
  await page.waitForFunction(() => window.show);
  await show(page, { counts, status });
  if (body.includes("<badged-sidebar")) await page.getByRole("navigation").getByRole("link").first().waitFor();
  return page;
};
const show = (page, change) => page.evaluate((given) => window.show(given), change);
const link = (page, name) => page.getByRole("link", { name, exact: true });
const pill = (page, name = "feedback") => page.locator(`badged-count[for="${name}"] [part=badge]`);

test("a link's name is its label, then the exact number, once", async (t) => {
  const page = await open(t, `<badged-sidebar></badged-sidebar><a href="/f">Mine<badged-count for="feedback"></badged-count></a>`);
  await link(page, "Crawl Failures, 1,284 open").waitFor();
  await link(page, "Feedback, 7 open").waitFor();
  await link(page, "Sites").waitFor();
  await page.getByRole("link", { name: /^Mine ?, 7 open$/ }).waitFor();
  assert.equal(await link(page, "Crawl Failures, 1,284 open").locator("[part=badge]").textContent(), "99+");
  assert.equal(await link(page, "Crawl Failures, 1,284 open").locator("[part=badge]").getAttribute("title"), "1,284 open");
});

test("numbers follow the language of the page", async (t) => {
  const page = await open(t, `<p lang="de"><badged-count for="knowledge.crawlFailures" max="false"></badged-count></p>`);
  assert.equal(await pill(page, "knowledge.crawlFailures").textContent(), "1.284");
  await page.evaluate(() => window.setMessages({ open: "{n} offen" }));
  assert.equal(await pill(page, "knowledge.crawlFailures").getAttribute("title"), "1.284 offen");
});

test("nothing moves from none to many", async (t) => {
  const page = await open(t, `<badged-sidebar></badged-sidebar><p>A<badged-count for="feedback"></badged-count><b>B</b></p>`);
  const places = [];
  for (const feedback of [0, 9, 99, 100, null]) {
    await show(page, { counts: { ...COUNTS, feedback } });
    const label = page.getByRole("link", { name: /^Feedback/ }).locator(".l");
    places.push(JSON.stringify([await label.boundingBox(), await page.locator("b").boundingBox()]));
  }
  assert.equal(new Set(places).size, 1, places.join("\n"));
});

test("what is not known shows no digit, and says so", async (t) => {
  const page = await open(t, `<badged-sidebar></badged-sidebar><badged-count for="feedback"></badged-count>`, { counts: {}, status: "loading" });
  await link(page, "Feedback, count unavailable").waitFor();
  assert.doesNotMatch(await page.evaluate(() => document.querySelector("badged-sidebar").shadowRoot.textContent), /\d/);
  assert.equal(await pill(page).textContent(), "–");
});

test("stale looks unlike fresh, zero and unknown, and says of when it is", async (t) => {
  const page = await open(t, `<badged-sidebar></badged-sidebar><badged-count for="feedback"></badged-count>`);
  const look = () => pill(page).evaluate((element) => {
    const { backgroundColor, borderStyle, borderColor, visibility } = getComputedStyle(element);
    return [backgroundColor, borderStyle, borderColor, visibility].join();
  });
  const looks = [await look()];
  await show(page, { status: "stale", updatedAt: NOON });
  await link(page, "Feedback, 7 open, as of 12:04 PM").or(link(page, "Feedback, 7 open, as of 12:04\u202fPM")).waitFor();
  await page.getByText(/^as of 12:04\sPM$/).waitFor();
  looks.push(await look());
  await show(page, { counts: { ...COUNTS, feedback: null } });
  looks.push(await look());
  await show(page, { status: "live", counts: { ...COUNTS, feedback: 0 } });
  looks.push(await look());
  assert.equal(new Set(looks).size, 4, looks.join("\n"));
  assert.deepEqual(await page.evaluate(() => window.statuses.filter((one, i, all) => one != all[i - 1])), ["live", "stale", "live"]);
  assert.equal(await page.locator("badged-count").getAttribute("status"), "live");
});

test("fifty changes are one announcement, and none is made without asking for it", async (t) => {
  const page = await open(t, `<badged-count for="feedback" announce="Feedback"></badged-count><badged-count for="automation.outbox"></badged-count>`);
  assert.equal(await page.getByRole("status").count(), 1);
  await page.evaluate(() => {
    const region = document.querySelector("[announce]").shadowRoot.querySelector("[role=status]");
    window.said = [];
    new MutationObserver(() => window.said.push(region.textContent)).observe(region, { childList: true });
  });
  await page.evaluate(() => {
    for (let n = 1; n <= 50; n++) window.show({ counts: { feedback: 100 + n, "automation.outbox": n } });
  });
  await page.waitForFunction(() => window.said.length);
  assert.deepEqual(await page.evaluate(() => window.said), ["Feedback, 150 open"]);
});

test("axe finds nothing, light and dark, with numbers, stale, unknown and narrow", async (t) => {
  for (const colorScheme of ["light", "dark"]) {
    const page = await open(t, `<badged-sidebar></badged-sidebar>
      <p><a href="/f">Mine<badged-count for="feedback"></badged-count></a> <badged-count for="automation.rules" show-zero></badged-count></p>`, { colorScheme });
    await axe(page);
    await show(page, { status: "stale", updatedAt: NOON, counts: { ...COUNTS, "automation.outbox": null } });
    await axe(page);
  }
  const page = await open(t, "<badged-sidebar narrow></badged-sidebar>");
  await axe(page);
});

test("forced colours keep a border around a number and the current item", async (t) => {
  const page = await open(t, `<badged-sidebar></badged-sidebar>`, { forcedColors: "active" });
  const current = link(page, "Feedback, 7 open");
  assert.notEqual(await current.locator("[part=badge]").evaluate((element) => getComputedStyle(element).borderStyle), "none");
  assert.equal(await current.evaluate((element) => getComputedStyle(element).outlineStyle), "solid");
});

test("nothing is animated for who wants less motion", async (t) => {
  const page = await open(t, `<badged-sidebar></badged-sidebar>`, { reducedMotion: "reduce" });
  await page.getByRole("button", { name: "Knowledge" }).click();
  assert.equal(await page.evaluate(() => document.getAnimations().length), 0);
});

test("a narrow sidebar keeps the names, and dots for the numbers", async (t) => {
  const page = await open(t, `<badged-sidebar></badged-sidebar>`);
  const before = await page.locator("main").ariaSnapshot();
  await page.locator("badged-sidebar").evaluate((element) => element.setAttribute("narrow", ""));
  const names = (text) => text.match(/(?:link|button) "[^"]*"/g);
  assert.deepEqual(names(await page.locator("main").ariaSnapshot()), names(before));
  const dot = await link(page, "Feedback, 7 open").locator("[part=badge]").boundingBox();
  assert.ok(dot.width > 4 && dot.width < 12, JSON.stringify(dot));
});

test("a closed section shows the sum, and is closed the next time", async (t) => {
  const page = await open(t, `<badged-sidebar></badged-sidebar>`);
  await page.getByRole("button", { name: "Knowledge", exact: true }).click();
  const section = page.getByRole("button", { name: "Knowledge, 1,287 open" });
  assert.equal(await section.getAttribute("aria-expanded"), "false");
  assert.equal(await link(page, "Sources, 3 open").count(), 0);
  await page.reload();
  await page.waitForFunction(() => window.show);
  await show(page, { counts: COUNTS, status: "live" });
  await section.waitFor();
  await show(page, { counts: { ...COUNTS, "knowledge.sources": null } });
  await page.getByRole("button", { name: "Knowledge, count unavailable" }).waitFor();
});

test("the keyboard reaches everything", async (t) => {
  const page = await open(t, `<badged-sidebar></badged-sidebar>`);
  const focused = () => page.evaluate(() => document.activeElement.shadowRoot?.activeElement?.querySelector(".h").textContent);
  await page.keyboard.press("Tab");
  assert.equal(await focused(), "Dashboard");
  await page.keyboard.press("ArrowDown");
  assert.equal(await focused(), "Knowledge");
  await page.keyboard.press("ArrowLeft");
  assert.equal(await focused(), "Knowledge, 1,287 open");
  await page.keyboard.press("ArrowDown");
  assert.equal(await focused(), "Feedback, 7 open");
  await page.keyboard.press("Home");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowRight");
  assert.equal(await focused(), "Knowledge");
  await page.keyboard.press("End");
  assert.equal(await focused(), "Outbox, 120 open");
});

test("the current page is marked, links lead where they are told, and a router may take over", async (t) => {
  const page = await open(t, `<badged-sidebar links='{"feedback":"/inbox"}' current="/inbox"></badged-sidebar>`);
  assert.equal(await link(page, "Feedback, 7 open").getAttribute("aria-current"), "page");
  assert.equal(await page.locator("[aria-current]").count(), 1);
  assert.equal(await link(page, "Crawl Failures, 1,284 open").getAttribute("href"), "/crawl-failures");
  await page.evaluate(() => {
    addEventListener("badged-navigate", (event) => {
      event.preventDefault();
      document.querySelector("badged-sidebar").setAttribute("current", new URL(event.detail).pathname);
    });
  });
  await link(page, "Crawl Failures, 1,284 open").click();
  assert.equal(new URL(page.url()).pathname, "/feedback");
  assert.equal(await link(page, "Crawl Failures, 1,284 open").getAttribute("aria-current"), "page");
});

test("the title and the application's icon carry the sum, until it is none or nobody's", async (t) => {
  const page = await open(t, `<badged-sidebar title-badge="feedback automation.outbox" app-badge="feedback"></badged-sidebar>`);
  await page.evaluate(() => {
    window.marks = [];
    navigator.setAppBadge = (n) => (window.marks.push(n), Promise.reject(new Error("not installed")));
  });
  assert.equal(await page.title(), "(127) Elements");
  await show(page, { counts: { ...COUNTS, feedback: 8 } });
  assert.equal(await page.title(), "(128) Elements");
  await show(page, { counts: { ...COUNTS, feedback: null } }); // not known: what stood there stays
  assert.equal(await page.title(), "(128) Elements");
  await show(page, { status: "unauthorized" });
  assert.equal(await page.title(), "Elements");
  assert.deepEqual(await page.evaluate(() => window.marks), [8, 0]);
  await page.evaluate(() => delete navigator.setAppBadge && Object.defineProperty(Navigator.prototype, "setAppBadge", { value: undefined }));
  await show(page, { status: "live", counts: COUNTS });
  assert.equal(await page.title(), "(127) Elements");
});

test("a language that is none, and links that are no JSON, leave numbers and items", async (t) => {
  const page = await open(t, `<div lang="en_US"><badged-sidebar links="{"></badged-sidebar>
    <badged-count for="feedback" max="false"></badged-count></div>`, { counts: { ...COUNTS, feedback: 1284 } });
  await link(page, "Sources, 3 open").waitFor();
  assert.equal(await link(page, "Sources, 3 open").getAttribute("href"), "/sources");
  assert.match(await pill(page).textContent(), /^1.?284$/);
});

test("a link never is a script", async (t) => {
  const links = { feedback: " java\tscript:document.title='run'", "knowledge.sources": "https://docs.test/" };
  const page = await open(t, `<badged-sidebar links='${JSON.stringify(links).replaceAll("'", "&#39;")}'></badged-sidebar>`);
  const hrefs = await page.locator("badged-sidebar a").evaluateAll((all) => all.map(({ id, href }) => [id, href]));
  assert.equal(Object.fromEntries(hrefs).feedback, "");
  assert.equal(Object.fromEntries(hrefs)["knowledge.sources"], "https://docs.test/");
});

test("a key that is the browser's own stays so", async (t) => {
  const page = await open(t, `<badged-sidebar></badged-sidebar>`);
  await page.getByRole("button", { name: "Knowledge" }).focus();
  await page.evaluate(() => addEventListener("keydown", (event) => (window.wasTaken = event.defaultPrevented)));
  for (const [key, isTaken] of [["Alt+ArrowLeft", false], ["ArrowDown", true]]) {
    await page.evaluate(() => (window.wasTaken = null));
    await page.getByRole("button", { name: "Knowledge" }).dispatchEvent("keydown",
      { key: key.replace("Alt+", ""), altKey: key.startsWith("Alt+"), bubbles: true, cancelable: true, composed: true });
    assert.equal(await page.evaluate(() => window.wasTaken), isTaken, key);
  }
  assert.equal(await page.getByRole("button", { name: "Knowledge" }).getAttribute("aria-expanded"), "true");
});

test("changes are still announced when the element that spoke is gone, and none that was no change", async (t) => {
  const count = (name) => `<badged-count for="${name}" announce="Open"></badged-count>`;
  const page = await open(t, `${count("feedback")}<p>${count("feedback")}</p>
    <badged-sidebar announce></badged-sidebar>`);
  await page.evaluate(() => {
    document.querySelector("badged-sidebar").items = ["feedback", "automation.outbox"].map((name) => ({ name, label: "Same" }));
    document.querySelector("badged-count").remove();
  });
  await show(page, { counts: { ...COUNTS, "knowledge.sources": 4 } }); // nothing of what is shown
  await show(page, { counts: { ...COUNTS, feedback: 8 } });
  const region = page.getByRole("status");
  await region.getByText(/./).waitFor({ state: "attached" });
  assert.equal(await region.textContent(), "Open, 8 open. Same, 8 open");
});
