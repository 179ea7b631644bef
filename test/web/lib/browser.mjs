// One Chromium for a test file, and a context for each test. What a page reports as an error fails the test.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before } from "node:test";
import { DEADLINE_MS, ROOT } from "./programs.mjs";

const require = createRequire(join(ROOT, "web", "package.json"));
const { chromium } = require("playwright-core");
const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const ARGUMENTS = `--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
  --disable-component-update --disable-sync --force-color-profile=srgb --font-render-hinting=none`.split(/\s+/);
const ABSENT = /\/favicon\.ico$/; // what Chromium asks for with /livez
const NETWORK = /^Failed to load resource/; // what a test that breaks the network brings about

const PLAIN = { colorScheme: "light", reducedMotion: "no-preference", forcedColors: "none" };
const VIEWPORT = { width: 1280, height: 800 };

/** Chromium, for the tests of this file: { context, page }. */
export function browser() {
  let chrome;
  let shared;
  before(async () => {
    chrome = await chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS });
  });
  after(() => chrome?.close());

  const newContext = async (options) => {
    const context = await chrome.newContext({ locale: "en-GB", timezoneId: "UTC", viewport: VIEWPORT, ...options });
    const faults = [];
    context.on("console", (message) => {
      const isExpected = ABSENT.test(message.location().url);
      if (message.type() === "error" && !isExpected) faults.push(message.text());
    });
    context.on("weberror", (error) => faults.push(error.error().stack));
    return { context, faults };
  };
  const assertNone = (faults, isNetworkBroken) =>
    assert.deepEqual(
      isNetworkBroken ? faults.filter((fault) => !NETWORK.test(fault)) : faults,
      [],
      "a page's errors",
    );

  return {
    /**
     * A context of its own for a test, closed after it: pages share storage, locks and channels in it.
     * @param {import("node:test").TestContext} t
     * @param {{tenant?: string, origin?: string, isNetworkBroken?: boolean} & object} options the rest is Playwright's
     */
    async context(t, { tenant, origin, isNetworkBroken = false, ...more } = {}) {
      const origins = [{ origin, localStorage: [{ name: "badged:tenant", value: tenant }] }];
      const storage = tenant ? { storageState: { cookies: [], origins } } : {};
      const { context, faults } = await newContext({ baseURL: origin, ...storage, ...more });
      t.after(async () => {
        await context.close();
        assertNone(faults, isNetworkBroken);
      });
      return context;
    },

    /**
     * The page that tests of this file share, as if it were new, at an address.
     * @param {import("node:test").TestContext} t
     * @param {{tenant?: string, isNetworkBroken?: boolean, viewport?: object} & object} options the rest is of media
     */
    async page(t, address, { tenant, isNetworkBroken = false, viewport = VIEWPORT, ...media } = {}) {
      shared ??= await newContext({}).then(async (made) => ({ ...made, page: await made.context.newPage() }));
      const { page, faults } = shared;
      faults.length = 0;
      t.after(async () => {
        await page.goto("about:blank");
        assertNone(faults, isNetworkBroken);
      });
      await page.emulateMedia({ ...PLAIN, ...media });
      await page.setViewportSize(viewport);
      await page.goto(new URL("/livez", address).href);
      await page.evaluate((id) => {
        localStorage.clear();
        if (id) localStorage.setItem("badged:tenant", id);
      }, tenant);
      await page.goto(address);
      return page;
    },
  };
}

/** Nothing is found by axe on a page, shadow roots and all, by every rule or those named. */
export async function axe(page, runOnly) {
  await page.evaluate(AXE);
  const violations = await page.evaluate(
    async (options) => {
      const found = await globalThis.axe.run(document, { resultTypes: ["violations"], ...options });
      return found.violations.map(
        ({ id, nodes }) =>
          `${id}: ${nodes.map(({ target, failureSummary }) => `${target} ${failureSummary}`).join("; ")}`,
      );
    },
    runOnly ? { runOnly } : {},
  );
  assert.deepEqual(violations, []);
}

/** The card of a badge on the overview. */
export const card = (page, label) =>
  page.getByRole("article").filter({ has: page.getByRole("link", { name: label, exact: true }) });

/** Wait until the card of a badge shows a text, such as its number. */
export const shows = (page, label, text, timeout = DEADLINE_MS) =>
  card(page, label).getByText(text, { exact: true }).waitFor({ timeout });
