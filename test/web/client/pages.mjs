// The package's modules as pages of a test's site, at the addresses that a browser takes them from.
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const WEB = fileURLToPath(new URL("../../../web/", import.meta.url));
const require = createRequire(path.join(WEB, "client/package.json"));

export const OUTLINE = [
  { name: "knowledge", label: "Knowledge", items: [
    { name: "knowledge.sites", label: "Sites", zero: null }, { name: "knowledge.sources", label: "Sources", zero: null },
    { name: "knowledge.crawlFailures", label: "Crawl Failures", zero: null }] },
  { name: "feedback", label: "Feedback", zero: null },
  { name: "automation", label: "Automation", items: [
    { name: "automation.rules", label: "Rules", zero: 0 }, { name: "automation.outbox", label: "Outbox", zero: 0 }] },
];

/** The sources below `at`, and the parser at its place beside them in node_modules. */
export const addPackage = (site, at = "/client/src") => {
  for (const name of readdirSync(path.join(WEB, "client/src"), { recursive: true })) {
    if (!name.endsWith(".js")) continue;
    site.pages.set(`${at}/${name}`, { type: "text/javascript", body: readFileSync(path.join(WEB, "client/src", name)) });
  }
  const parser = path.join(path.dirname(require.resolve("eventsource-parser")), "index.js");
  site.pages.set("/node_modules/eventsource-parser/dist/index.js", { type: "text/javascript", body: readFileSync(parser) });
};
