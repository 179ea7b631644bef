// The package as somebody gets it who installs it: its types, its entry points, its size, its description of elements.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const WEB = fileURLToPath(new URL("../../../web/", import.meta.url));
const run = promisify(execFile);
let packed;

/** A tool of web/node_modules, run in a copy of the package. */
const tool = async (name, ...args) => {
  try {
    const { stdout, stderr } = await run(path.join(WEB, "node_modules/.bin", name), args, { cwd: folder });
    return stdout + stderr;
  } catch (error) {
    throw new Error(`${name} ${args.join(" ")}: ${error.stdout}${error.stderr}`);
  }
};

const top = await mkdtemp(path.join(tmpdir(), "badged-client-"));
after(() => rm(top, { recursive: true, force: true }));
const folder = path.join(top, "client");
await cp(path.join(WEB, "client"), folder, { recursive: true, filter: (from) => !/\/(node_modules|types)$/.test(from) });
await symlink(path.join(WEB, "node_modules"), path.join(top, "node_modules"));
await cp(path.join(WEB, "../LICENSE"), path.join(folder, "LICENSE"));

test("the sources are what their types say, and types come of them", async () => {
  await tool("tsc", "-p", "tsconfig.types.json");
  const { exports } = JSON.parse(await readFile(path.join(folder, "package.json"), "utf8"));
  for (const [name, { types }] of Object.entries(exports)) {
    if (types) assert.ok((await readFile(path.join(folder, types), "utf8")).length > 40, name);
  }
});

test("somebody's own code is checked against the types, elements in JSX too", async () => {
  await writeFile(path.join(folder, "user.tsx"), `
    import { createBadges, type Snapshot } from "@badged/client";
    import { setBadges } from "@badged/client/elements";
    import { BadgesProvider, useSidebarBadges } from "@badged/client/react";
    import { getSidebarBadges } from "@badged/client/server";
    const initial = await getSidebarBadges({ url: "http://127.0.0.1/api/sidebar/badges" });
    const badges = createBadges({ initial, getToken: async () => "token", key: "tenant user" });
    setBadges(badges);
    const snapshot: Snapshot = badges.getSnapshot();
    const status: "loading" | "live" | "polling" | "stale" | "offline" | "unauthorized" = snapshot.status;
    const One = () => <b>{useSidebarBadges(badges, ({ counts }) => counts.feedback) ?? status}</b>;
    export default <BadgesProvider badges={badges}><One /><badged-count for="feedback" max="9" show-zero />
      <badged-sidebar src="/api/sidebar" links="{}" narrow title-badge="" /></BadgesProvider>;
    // @ts-expect-error there is no such status
    if (snapshot.status === "fine") throw 0;
    // @ts-expect-error a snapshot does not change
    snapshot.counts.feedback = 3;
    // @ts-expect-error there is no such attribute
    export const wrong = <badged-count four="feedback" />;
  `);
  await tool("tsc", "--ignoreConfig", "--noEmit", "--strict", "--target", "es2022", "--module", "nodenext", "--jsx", "react-jsx",
    "--skipLibCheck", "--types", "react", "user.tsx");
  await rm(path.join(folder, "user.tsx"));
});

test("publint finds nothing in it", async () => {
  const { stdout } = await run("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", ".."], { cwd: folder });
  const told = JSON.parse(stdout);
  const { filename, files } = told[0] ?? Object.values(told)[0];
  packed = path.join(folder, "..", path.basename(filename).replace(/^@/, "").replace("/", "-"));
  assert.ok(files.some((file) => file.path == "LICENSE"));
  assert.deepEqual(files.filter((file) => /test|tsconfig|package-lock/.test(file.path)), []);
  const output = await tool("publint", "run", "--strict", "--pack", "false");
  assert.match(output, /All good/);
});

test("each entry point has the types of its kind", async () => {
  const output = await tool("attw", packed, "--profile", "esm-only", "--no-color", "--no-emoji");
  assert.equal(output.match(/node16 \(from ESM\): OK/g).length, 8); // it fails by itself where one is not
});

test("it is no bigger than it promises", async () => {
  const sizes = JSON.parse(await tool("size-limit", "--json"));
  assert.equal(sizes.length, 4);
  for (const { name, passed, size } of sizes) assert.ok(passed, `${name}: ${size} bytes`);
});

test("the description of the elements is that of the sources", async () => {
  const before = await readFile(path.join(folder, "custom-elements.json"), "utf8");
  await tool("cem", "analyze", "--globs", "src/elements/{count,element,sidebar}.js", "--outdir", ".");
  assert.equal(await readFile(path.join(folder, "custom-elements.json"), "utf8"), before,
    "run `npm run manifest` in web/client");
  const declared = JSON.parse(before).modules.flatMap(({ declarations }) => declarations);
  for (const name of ["count", "sidebar"]) {
    const text = await readFile(path.join(folder, "src/elements", `${name}.js`), "utf8");
    const read = new Set([...text.matchAll(/(?:get|has)Attribute\('([\w-]+)'\)/g)].map((match) => match[1]));
    const { attributes } = declared.find(({ tagName }) => tagName == `badged-${name}`);
    const named = new Set(attributes.map((attribute) => attribute.name));
    for (const attribute of read) assert.ok(named.has(attribute), `${attribute} of badged-${name} is not described`);
  }
});

test("each module says what it is for, and none reaches for another package", async () => {
  for (const entry of await readdir(path.join(folder, "src"), { recursive: true })) {
    if (!entry.endsWith(".js")) continue;
    const text = await readFile(path.join(folder, "src", entry), "utf8");
    assert.match(text.replace("'use client';\n", ""), /^\/\/ /, entry);
    for (const [, from] of text.matchAll(/^(?:import|export) .*?from '([^']+)'/gm)) {
      assert.ok(from.startsWith(".") || ["eventsource-parser", "react"].includes(from), `${entry} imports ${from}`);
    }
  }
});
