// The examples of docs/sidebar.md, built and run before the real program.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { browser } from "../lib/browser.mjs";
import { addFeedback, embedded, folder, run, tenant } from "../lib/programs.mjs";
import { Proxy } from "../lib/proxy.mjs";
import { addPackage, WEB } from "./pages.mjs";

const chrome = browser();
const { badged, sql: execute } = await embedded();

/** The files of an example as a site, with badged behind /api. */
const site = async (example, bodies) => {
  const proxy = await Proxy.listen(badged.url);
  const index = readFileSync(join(WEB, "examples", example, "index.html"), "utf8")
    .replace("<head>", '<head><link rel="icon" href="data:,">');
  proxy.pages.set("/", { type: "text/html", body: index });
  for (const [path, body] of Object.entries(bodies)) proxy.pages.set(path, { type: "text/javascript", body });
  return proxy;
};

/** The example shows a new tenant's feedback as it changes. */
const follows = async (t, proxy) => {
  const id = await tenant(execute, 3);
  const context = await chrome.context(t, { origin: proxy.url });
  const page = await context.newPage();
  await page.goto(`/?tenant=${id}`);
  const shows = (name) => page.getByRole("navigation").getByRole("link", { name, exact: true }).waitFor();
  await shows("Feedback, 3 open");
  await addFeedback(execute, id, 2);
  await shows("Feedback, 5 open");
  await execute(`DELETE FROM feedback WHERE tenant_id = '${id}'`);
  await shows("Feedback");
  return page;
};

const plain = await site("plain", { "/main.js": readFileSync(join(WEB, "examples/plain/main.js")) });
addPackage(plain, "/node_modules/@badged/client/src");
const react = await site("react", {});

test("plain HTML, with no build at all", async (t) => {
  const page = await follows(t, plain);
  assert.equal(await page.title(), "Plain HTML");
});

test("React, bundled by esbuild", async (t) => {
  const body = await run(join(WEB, "node_modules/.bin/esbuild"), ["examples/react/main.tsx", "--bundle", "--format=esm",
    "--jsx=automatic", '--define:process.env.NODE_ENV="production"', "--minify"], { cwd: WEB, maxBuffer: 1 << 24 });
  react.pages.set("/main.js", { type: "text/javascript", body });
  const page = await follows(t, react);
  await page.getByText("live", { exact: true }).waitFor();
});

test("the examples for React and Next.js are well typed", async () => {
  const cwd = folder();
  const { cpSync, mkdirSync, symlinkSync, writeFileSync } = await import("node:fs");
  symlinkSync(join(WEB, "node_modules"), join(cwd, "node_modules"));
  cpSync(join(WEB, "client"), join(cwd, "client"), { recursive: true, filter: (from) => !/\/(node_modules|types)$/.test(from) });
  cpSync(join(WEB, "examples"), join(cwd, "examples"), { recursive: true, filter: (from) => !from.endsWith("node_modules") });
  await run(join(WEB, "node_modules/.bin/tsc"), ["-p", "client/tsconfig.types.json"], { cwd });
  mkdirSync(join(cwd, "next"));
  // Next.js itself is too much to install for this: what of it the example touches, as its documentation has it.
  writeFileSync(join(cwd, "next/next.d.ts"), `
    declare const process: { env: Record<string, string | undefined> };
    declare module "next/headers" { function cookies(): Promise<{ get(name: string): { value: string } | undefined }>; }`);
  writeFileSync(join(cwd, "tsconfig.json"), JSON.stringify({
    compilerOptions: {
      target: "ES2022", module: "esnext", moduleResolution: "bundler", jsx: "react-jsx", strict: true, noEmit: true,
      skipLibCheck: true, types: [], lib: ["ES2022", "DOM", "DOM.Iterable"],
      paths: Object.fromEntries(["react", "server"].map((name) => [`@badged/client/${name}`,
        [name === "react" ? "./client/react.d.ts" : `./client/types/${name}.d.ts`]])
        .concat([["@badged/client", ["./client/types/index.d.ts"]]])),
    },
    include: ["next/*.ts", "examples/react/*.tsx", "examples/next/app/*.tsx"],
  }));
  await run(join(WEB, "node_modules/.bin/tsc"), ["-p", "."], { cwd });
});
