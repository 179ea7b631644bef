// The pages that badged serves, as people use them.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { axe, browser, card, shows } from "./lib/browser.mjs";
import { addFeedback, demo, embedded, folder, resolveFeedback, tenant } from "./lib/programs.mjs";
import { Proxy, problem } from "./lib/proxy.mjs";

const configuration = join(folder(), "badged.yaml");
writeFileSync(
  configuration,
  `badges:
  - name: low
    label: Low feedback
    count:
      - { table: feedback, where: "priority = 'low'" }
`,
);
const { badged, sql } = await embedded("--config", configuration);
const proxy = await Proxy.listen(badged.url);
const { page: getPage } = browser();

const COUNTED = ["Sources", "Crawl Failures", "Conversations", "Feedback", "Outbox", "Installed", "Low feedback"];
const PAGES = [
  "/",
  "/sources",
  "/crawl-failures",
  "/conversations",
  "/feedback",
  "/outbox",
  "/integrations",
  "/#low",
];
const SCRIPT_BYTES_MAX = 40_000;

/** The dashboard at a path; the proxy is in between where a test asks for it. */
const open = (t, path, { isProxied = false, ...options }) =>
  getPage(t, (isProxied ? proxy.url : badged.url) + path, options);

test("each badge that counts something has a card with its exact number", async (t) => {
  const page = await open(t, "/", { tenant: await tenant(sql, 1284) });
  await shows(page, "Feedback", "1,284");
  const titles = await page.getByRole("article").getByRole("heading").getByRole("link").allTextContents();
  assert.deepEqual(titles.sort(), [...COUNTED].sort());
  for (const title of COUNTED.filter((one) => one !== "Feedback")) await shows(page, title, "0");
  await page.getByRole("link", { name: "Feedback, 1,284 open", exact: true }).waitFor();
});

test("a row changed with sqlite3 shows on the screen and in a second tab", async (t) => {
  const id = await tenant(sql, 2);
  const first = await open(t, "/", { tenant: id });
  const second = await first.context().newPage();
  t.after(() => second.close());
  await second.goto(badged.url);
  for (const page of [first, second]) await shows(page, "Feedback", "2");
  await addFeedback(sql, id);
  for (const page of [first, second]) await shows(page, "Feedback", "3");
  await resolveFeedback(sql, id, 3);
  for (const page of [first, second]) await shows(page, "Feedback", "0");
});

test("a change is told with its time and drawn", async (t) => {
  const id = await tenant(sql, 4);
  const page = await open(t, "/", { tenant: id });
  await shows(page, "Feedback", "4");
  const changes = page.getByRole("region", { name: "What changed" });
  await changes.getByText("Nothing since this page was opened.").waitFor();
  await addFeedback(sql, id, 2);
  await shows(page, "Feedback", "4 → 6");
  await card(page, "Feedback")
    .getByRole("img", { name: /between 4 and 6$/ })
    .waitFor();
  assert.match(await changes.getByRole("listitem").innerText(), /^\d\d:\d\d:\d\d\s+Feedback\s+4 → 6$/);
});

test("the course of the hour is there again after the page is loaded anew", async (t) => {
  const id = await tenant(sql, 1);
  const page = await open(t, "/", { tenant: id });
  await shows(page, "Feedback", "1");
  await page.reload();
  await card(page, "Feedback")
    .getByRole("img", { name: /1 throughout$/ })
    .waitFor();
});

test("what is not known is not zero, and the page says why", async (t) => {
  proxy.fault = () => problem(503, "The table feedback is not there");
  t.after(() => (proxy.fault = () => undefined));
  const id = await tenant(sql, 5);
  const page = await open(t, "/", { isProxied: true, tenant: id, isNetworkBroken: true });
  await page.getByRole("status").getByText("Not known").waitFor();
  await page.getByText("The table feedback is not there").waitFor();
  await shows(page, "Feedback", "Not known");
  assert.doesNotMatch(await card(page, "Feedback").innerText(), /\d+$/m);
  await page.getByRole("link", { name: "Feedback, count unavailable", exact: true }).waitFor();
  proxy.fault = () => undefined;
  await shows(page, "Feedback", "5");
});

test("a stale number stays and says how old it is", async (t) => {
  const page = await open(t, "/", { isProxied: true, tenant: await tenant(sql, 3) });
  await shows(page, "Feedback", "3");
  proxy.inject('event: status\ndata: {"status":"stale","since":"2026-11-24T12:04:00Z"}\n\n');
  await page.getByRole("status").getByText("Stale").waitFor();
  await shows(page, "Feedback", "as of 12:04:00");
  await shows(page, "Feedback", "3");
  await page.getByRole("link", { name: "Feedback, 3 open, as of 12:04" }).waitFor();
  proxy.inject('event: status\ndata: {"status":"live"}\n\n');
  await page.getByRole("status").getByText("Live").waitFor();
  await card(page, "Feedback").getByText("as of").waitFor({ state: "detached" });
});

test("every page has an address of its own", async (t) => {
  const page = await open(t, "/crawl-failures", { tenant: await tenant(sql) });
  await page.getByRole("heading", { level: 1, name: "Crawl Failures" }).waitFor();
  await page.getByText("knowledge.crawlFailures").waitFor();
  assert.equal(await page.title(), "Crawl Failures, badged");
  await page.getByRole("link", { name: "Low feedback" }).click();
  await page.getByRole("heading", { level: 1, name: "Low feedback" }).waitFor();
  assert.ok(page.url().endsWith("/#low"));
  assert.equal(await page.locator("badged-sidebar [aria-current=page]").getAttribute("href"), "/#low");
  await page.goBack();
  await page.getByRole("heading", { level: 1, name: "Crawl Failures" }).waitFor();
});

test("a tenant is asked for, checked and remembered", async (t) => {
  const id = await tenant(sql, 8);
  const page = await open(t, "/", {});
  await page.getByRole("heading", { name: "Whose badges?" }).waitFor();
  const field = page.getByRole("textbox", { name: "Tenant" });
  await field.fill("acme");
  await field.press("Enter");
  await page.getByRole("alert").getByText("This is no UUID.").waitFor();
  await field.fill(id.toUpperCase());
  await field.press("Enter");
  await shows(page, "Feedback", "8");
  await page.reload();
  await shows(page, "Feedback", "8");
});

test("a browser that keeps nothing for a site shows its pages all the same", async (t) => {
  const page = await open(t, "/livez", {});
  const refuse = () =>
    Object.defineProperty(window, "localStorage", {
      get() {
        throw new DOMException("denied", "SecurityError");
      },
    });
  const refusing = await page.context().newPage();
  t.after(() => refusing.close());
  await refusing.addInitScript(refuse);
  await refusing.goto(badged.url);
  await refusing.getByRole("heading", { name: "Whose badges?" }).waitFor();
  const field = refusing.getByRole("textbox", { name: "Tenant" });
  await field.fill(await tenant(sql, 6));
  await field.press("Enter");
  await shows(refusing, "Feedback", "6");
});

test("the demonstration says how its own file is changed", async (t) => {
  const shown = await demo(folder(), "--database", "sqlite:it's mine.db", "--every", "3600");
  const page = await getPage(t, shown.url);
  const line = page.getByRole("region", { name: "Try it" }).getByText(/^sqlite3 /);
  assert.match(await line.innerText(), / 'it'\\''s mine\.db' "UPDATE /);
});

test("everything is reached with the keyboard alone", async (t) => {
  const page = await open(t, "/", { tenant: await tenant(sql, 1) });
  await shows(page, "Feedback", "1");
  const focused = () =>
    page.evaluate(() => {
      let active = document.activeElement;
      while (active?.shadowRoot?.activeElement) active = active.shadowRoot.activeElement;
      return `${active.localName} ${active.getAttribute("aria-label") ?? active.textContent.trim()}`;
    });
  await page.keyboard.press("Tab");
  assert.equal(await focused(), "button Skip to the content");
  await page.keyboard.press("Enter");
  assert.match(await focused(), /^main/);
  await page.keyboard.press("Tab");
  assert.equal(await focused(), "a Sources");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "Sources" }).waitFor();
});

test("a narrow screen has the sidebar in a drawer and nothing wider than itself", async (t) => {
  const page = await open(t, "/", { tenant: await tenant(sql, 1284), viewport: { width: 320, height: 640 } });
  await shows(page, "Feedback", "1,284");
  const isWider = () => page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  assert.equal(await isWider(), false);
  const link = page.getByRole("link", { name: "Feedback, 1,284 open" });
  await link.waitFor({ state: "hidden" });
  const menu = page.getByRole("button", { name: "Sidebar" });
  await menu.click();
  await link.waitFor();
  await page.keyboard.press("Escape");
  await link.waitFor({ state: "hidden" });
  await menu.click();
  await link.click();
  await page.getByRole("heading", { level: 1, name: "Feedback" }).waitFor();
  await link.waitFor({ state: "hidden" });
  assert.equal(await isWider(), false);
});

test("axe finds nothing on any page in light colours", (t) => visit(t, "light", PAGES));

test("axe finds nothing on any page in dark colours", (t) => visit(t, "dark", ["/", "/sources"], ["color-contrast"]));

async function visit(t, colorScheme, paths, rules) {
  const id = await tenant(sql, 120);
  const page = await open(t, "/", { isProxied: true, tenant: id, colorScheme });
  await shows(page, "Feedback", "120");
  for (const path of paths) {
    await page.goto(proxy.url + path);
    await page.getByRole("article").first().waitFor();
    await axe(page, rules);
  }
  await page.goto(proxy.url);
  await shows(page, "Feedback", "120");
  await addFeedback(sql, id);
  await shows(page, "Feedback", "121");
  await axe(page, rules);
  proxy.inject('event: status\ndata: {"status":"stale","since":"2026-11-24T12:04:00Z"}\n\n');
  await shows(page, "Feedback", "as of 12:04:00");
  await axe(page, rules);
  proxy.inject('event: status\ndata: {"status":"unknown"}\n\n');
  await shows(page, "Feedback", "Not known");
  await axe(page, rules);
  await page.setViewportSize({ width: 360, height: 640 });
  await page.getByRole("button", { name: "Sidebar" }).click();
  await axe(page, rules);
  await page.evaluate(() => localStorage.clear());
  await page.reload();
  await page.getByRole("heading", { name: "Whose badges?" }).waitFor();
  await axe(page, rules);
}

test("nothing moves for who wants no motion", async (t) => {
  const id = await tenant(sql, 1);
  const page = await open(t, "/", { tenant: id, reducedMotion: "reduce" });
  await shows(page, "Feedback", "1");
  await addFeedback(sql, id);
  await shows(page, "Feedback", "2");
  assert.equal(await page.evaluate(() => document.getAnimations().length), 0);
});

test("forced colours leave numbers and lines to be seen", async (t) => {
  const page = await open(t, "/", { tenant: await tenant(sql, 7), forcedColors: "active" });
  await shows(page, "Feedback", "7");
  const [ink, ground] = await page.evaluate(() => {
    const probe = Object.assign(document.createElement("i"), { id: "probe" });
    document.body.append(probe);
    probe.style.cssText = "color: CanvasText; background: Canvas";
    return [getComputedStyle(probe).color, getComputedStyle(probe).backgroundColor];
  });
  assert.notEqual(ink, ground);
  const line = card(page, "Feedback").locator("path.line");
  assert.equal(await line.evaluate((path) => getComputedStyle(path).stroke), ink);
  const pill = page.getByRole("link", { name: "Feedback, 7 open" }).getByText("7", { exact: true });
  assert.equal(await pill.evaluate((node) => getComputedStyle(node).borderTopColor), ink);
});

test("pages allow no script or style but their own, and are small", async () => {
  const answer = await fetch(badged.url);
  const policy = answer.headers.get("content-security-policy");
  assert.match(policy, /default-src 'none'/);
  assert.doesNotMatch(policy, /unsafe|\*|https?:/);
  const page = await answer.text();
  assert.doesNotMatch(page, /<script(?![^>]*src=)|<style|\sstyle=|\son\w+=/);
  const paths = [...page.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path]) => path);
  assert.ok(paths.length > 0);
  let bytes = 0;
  for (const path of paths) {
    const asset = await fetch(badged.url + path);
    assert.match(asset.headers.get("cache-control"), /immutable/);
    bytes += gzipSync(Buffer.from(await asset.arrayBuffer()), { level: 9 }).length;
  }
  assert.ok(bytes <= SCRIPT_BYTES_MAX, `${bytes} bytes, compressed`);
});
