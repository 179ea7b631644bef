// One Chromium for a test file, and a context for each test. What a page reports as an error fails the test.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before } from "node:test";
import { ROOT } from "./programs.mjs";

const require = createRequire(join(ROOT, "web", "package.json"));
const { chromium } = require("playwright-core");
const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const ARGUMENTS = `--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
  --disable-component-update --disable-sync --force-color-profile=srgb --font-render-hinting=none`.split(/\s+/);
const NETWORK = /^Failed to load resource/; // what a test that breaks the network brings about

/** Chromium, for the tests of this file: { context }. */
export function browser() {
  let chrome;
  before(async () => {
    chrome = await chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS });
  });
  after(() => chrome?.close());
  return {
    /**
     * A context of its own for a test, closed after it: pages share storage, locks and channels in it.
     * @param {import("node:test").TestContext} t
     * @param {{tenant?: string, origin?: string, isNetworkBroken?: boolean} & object} options the rest is Playwright's
     */
    async context(t, { tenant, origin, isNetworkBroken = false, ...more } = {}) {
      const localStorage = tenant ? [{ name: "badged:tenant", value: tenant }] : [];
      const context = await chrome.newContext({
        baseURL: origin,
        locale: "en-GB",
        timezoneId: "UTC",
        ...(tenant && { storageState: { cookies: [], origins: [{ origin, localStorage }] } }),
        ...more,
      });
      const faults = [];
      context.on("console", (message) => {
        const text = message.text();
        if (message.type() === "error" && !(isNetworkBroken && NETWORK.test(text))) faults.push(text);
      });
      context.on("weberror", (error) => faults.push(error.error().stack));
      t.after(async () => {
        await context.close();
        assert.deepEqual(faults, [], "a page reported errors");
      });
      return context;
    },
  };
}

/** What axe finds on a page, in all its rules; shadow roots are looked into. Bypasses the page's CSP to get in. */
export async function axe(page) {
  await page.evaluate(AXE);
  const violations = await page.evaluate(async () => {
    const found = await globalThis.axe.run(document, { resultTypes: ["violations"] });
    return found.violations.map(
      ({ id, nodes }) =>
        `${id}: ${nodes.map(({ target, failureSummary }) => `${target} ${failureSummary}`).join("; ")}`,
    );
  });
  assert.deepEqual(violations, []);
}

/** The card of a badge on the overview. */
export const card = (page, label) => page.getByRole("article", { name: label });

/** Wait until the card of a badge shows a text, such as its number. */
export const shows = (page, label, text) => card(page, label).getByText(text, { exact: true }).waitFor();
