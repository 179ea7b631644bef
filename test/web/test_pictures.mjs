// Pictures of the pages for the documents, of numbers that are always the same: made in build/pictures.
//
// They are not compared with those in docs/screenshots, as fonts differ from one machine to another. CONTRIBUTING.md
// says how to renew these.

import assert from "node:assert/strict";
import { existsSync, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { browser, shows } from "./lib/browser.mjs";
import { ROOT, embedded, run } from "./lib/programs.mjs";
import { Proxy } from "./lib/proxy.mjs";

const MADE = join(ROOT, "build", "pictures");
const KEPT = join(ROOT, "docs", "screenshots");
const PICTURE_BYTES_MAX = 100_000;
const NOW = "2026-11-24T20:00:00Z"; // on the clock of the pages
const STEPS = 110;
const SIZE = { width: 1280, height: 860 };
const TENANT = { id: "7b1f0c9e-5a52-4d6e-8f0a-000000000001", name: "Harbour Bakery" };

const SOME = answer({ sources: 3, crawlFailures: 12, conversations: 4, feedback: 7, outbox: 5, installed: 2 });
const MANY = answer({ sources: 3, crawlFailures: 1284, conversations: 104, feedback: 7, outbox: 2310, installed: 2 });
const NONE = answer({
  sources: null,
  crawlFailures: null,
  conversations: null,
  feedback: null,
  outbox: 0,
  installed: 0,
});
const STALE = 'event: status\ndata: {"status":"stale","since":"2026-11-24T19:57:00Z"}\n\n';
const UNKNOWN = 'event: status\ndata: {"status":"unknown"}\n\n';

function answer({ sources, crawlFailures, conversations, feedback, outbox, installed }) {
  const knowledge = { sites: null, sources, documents: null, answers: null, crawlFailures, widget: null };
  const [integrations, automation] = [
    { installed, marketplace: 0 },
    { rules: 0, outbox },
  ];
  return { knowledge, conversations, feedback, integrations, automation };
}

const { badged } = await embedded();
const proxy = await Proxy.listen(badged.url);
const { context } = browser();
let shown = SOME;
proxy.transform = (text) =>
  text.replace(/^id: .*\ndata: \{"knowledge.*$/m, `id: 1-0/16B3748\ndata: ${JSON.stringify(shown)}`);
mkdirSync(MADE, { recursive: true });

/** An hour that ends with a number, by a generator that is always the same. */
function hour(end, seed) {
  const values = [end];
  let state = seed;
  const random = () => (state = (state * 16807) % 2147483647) / 2147483647;
  while (values.length < STEPS) {
    const step = Math.ceil(random() * Math.max(1, end / 12)) * (random() < 0.5 ? -1 : 1);
    values.unshift(Math.max(0, values[0] + (random() < 0.2 ? step : 0)));
  }
  return values;
}

function history({ knowledge, conversations, feedback, integrations, automation }) {
  const badges = {
    "knowledge.sources": knowledge.sources,
    "knowledge.crawlFailures": knowledge.crawlFailures,
    conversations,
    feedback,
    "integrations.installed": integrations.installed,
    "automation.outbox": automation.outbox,
  };
  const from = new Date(Date.now() - STEPS * 30_000).toISOString();
  const courses = Object.entries(badges).map(([name, count], i) => [name, hour(count ?? 0, 11 + i)]);
  return { from, step_seconds: 30, badges: Object.fromEntries(courses) };
}

/** The dashboard with these numbers. */
async function open(t, numbers, options) {
  shown = numbers;
  const page = (body) => ({ type: "application/json", body: JSON.stringify(body) });
  proxy.pages.set("/demo/tenants", page({ file: "badged-demo.db", tenants: [TENANT] }));
  proxy.pages.set("/api/sidebar/badges/history", page(history(numbers)));
  const tabs = await context(t, { origin: proxy.url, viewport: SIZE, reducedMotion: "reduce", ...options });
  const opened = await tabs.newPage();
  await opened.clock.install({ time: NOW });
  await opened.goto("/");
  await shows(opened, "Feedback", String(numbers.feedback ?? 0));
  await opened.getByRole("article").getByText("55 min ago").first().waitFor();
  return opened;
}

async function take(what, name) {
  const path = join(MADE, `${name}.png`);
  await what.screenshot({ path });
  await run("pngquant", ["--force", "--speed", "1", "--output", path, "256", path]);
  const { size } = statSync(path);
  assert.ok(size < PICTURE_BYTES_MAX, `${name}.png has ${size} bytes`);
  assert.ok(existsSync(join(KEPT, `${name}.png`)), `docs/screenshots has no ${name}.png: CONTRIBUTING.md says how`);
}

const sidebar = (page) => page.locator("aside");

test("the overview in light colours", async (t) => take(await open(t, SOME), "overview"));

test("the overview in dark colours", async (t) => take(await open(t, SOME, { colorScheme: "dark" }), "dark"));

test("the overview on a narrow screen", async (t) =>
  take(await open(t, SOME, { viewport: { width: 390, height: 780 } }), "narrow"));

test("the sidebar in each of its states", async (t) => {
  const page = await open(t, SOME);
  const pill = (text) => sidebar(page).getByText(text, { exact: true }).first().waitFor();
  await take(sidebar(page), "sidebar-some");
  const event = (numbers, n) => `event: badges\nid: 1-0/F00000${n}\ndata: ${JSON.stringify(numbers)}\n\n`;
  proxy.inject(event(MANY, 1));
  await pill("99+");
  await take(sidebar(page), "sidebar-many");
  proxy.inject(event(NONE, 2));
  await shows(page, "Feedback", "0");
  await take(sidebar(page), "sidebar-zero");
  proxy.inject(event(SOME, 3) + STALE);
  await page.getByRole("status").getByText("Stale").waitFor();
  await take(sidebar(page), "sidebar-stale");
  proxy.inject(UNKNOWN);
  await shows(page, "Feedback", "Not known");
  await take(sidebar(page), "sidebar-unavailable");
  proxy.inject(event(SOME, 4) + STALE.replace("stale", "live"));
  await shows(page, "Feedback", "7");
  for (const name of ["Knowledge", "Automation"]) await page.getByRole("button", { name }).click();
  await pill("15");
  await take(sidebar(page), "sidebar-collapsed");
});
