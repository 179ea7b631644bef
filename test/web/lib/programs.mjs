// Programs that tests start, and end with the test file whatever happens to it.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const SANITIZER = /ERROR: \w*Sanitizer|WARNING: \w*Sanitizer|runtime error:|Sanitizer:DEADLYSIGNAL/;
const STOP_MS = 30_000;
export const DEADLINE_MS = 30_000; // for what takes milliseconds: a machine under load must not fail a test
const started = new Set();

process.on("exit", () => started.forEach((child) => child.kill("SIGKILL")));
for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => process.exit(1));

/** Wait until condition() is truthy, and give what it gave. */
export async function eventually(condition, what = "the condition", deadlineMs = DEADLINE_MS) {
  for (const end = Date.now() + deadlineMs; ;) {
    const value = await condition();
    if (value) return value;
    assert.ok(Date.now() < end, `${what} did not come true within ${deadlineMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** A folder of its own, which is gone when the file's last test is over, and all that it started. */
export function folder() {
  const path = mkdtempSync(join(tmpdir(), "badged-web-"));
  process.on("exit", () => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** A program that runs; what it says is in `text`. */
export function start(command, args, options = {}) {
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"], ...options });
  started.add(child);
  const running = { child, text: "" };
  running.ended = new Promise((resolve) => child.on("close", (code, signal) => resolve({ code, signal })));
  running.ended.then(() => started.delete(child));
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text) => (running.text += text));
  child.on("error", (error) => (running.text += error));
  running.said = (pattern) =>
    eventually(() => {
      assert.ok(child.exitCode === null, `${command} ended: ${running.text}`);
      return running.text.match(pattern);
    }, `${command} saying ${pattern}`);
  running.stop = async (signal = "SIGTERM") => {
    const late = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
    child.kill(signal);
    const ending = await running.ended;
    clearTimeout(late);
    return ending;
  };
  return running;
}

/** Run a program to its end, and give what it printed. */
export async function run(command, args, options = {}) {
  const { stdout } = await promisify(execFile)(command, args, { encoding: "utf8", ...options });
  return stdout;
}

/** The real program, serving a database: { url, end, … }. It ends after the file's last test, and must end well. */
export async function serve(database, ...more) {
  return begin(["serve", "--database", database, "--listen", "127.0.0.1:0", "--auth", "none", ...more]);
}

/** The demonstration, with its data in a folder. */
export async function demo(cwd, ...more) {
  return begin(["demo", "--listen", "127.0.0.1:0", ...more], { cwd });
}

async function begin(args, options) {
  const program = process.env.BADGED ?? join(ROOT, "build", "asan", "badged");
  const dropped = /^(BADGED|PG|DATABASE_URL|NOTIFY_SOCKET|JOURNAL_STREAM)/;
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !dropped.test(name)));
  const badged = start(program, args, { env: { ...env, LC_ALL: "C.UTF-8" }, ...options });
  const [url] = await badged.said(/http:\/\/[^\s/]+/);
  badged.url = url;
  await eventually(async () => (await fetch(`${url}/readyz`)).ok, "readiness");
  let isStopped = false;
  badged.end = async () => {
    if (isStopped) return;
    isStopped = true;
    badged.child.kill("SIGCONT");
    const { code, signal } = await badged.stop();
    assert.ok(code === 0 && !SANITIZER.test(badged.text), `badged ended with ${code ?? signal}:\n${badged.text}`);
  };
  after(badged.end);
  return badged;
}

/** badged with an embedded database of its own, and what runs statements there by the sqlite3 program. */
export async function embedded(...more) {
  const file = join(folder(), "badged.db");
  const badged = await serve(`sqlite:${file}`, ...more);
  const sql = (text) => run("sqlite3", ["-cmd", ".timeout 5000", file, text]);
  return { badged, sql };
}

let tenants = 0;

/** A tenant nobody used before, with so many pressing pieces of feedback. */
export async function tenant(execute, feedback = 0) {
  const number = (process.pid * 0x10000 + ++tenants).toString(16).padStart(12, "0");
  const id = `0b9dd3c2-6e0c-4a9c-9f6c-${number}`;
  await execute(`INSERT INTO tenants (id, name, slug) VALUES ('${id}', 'T', 't-${number}')`);
  if (feedback > 0) await addFeedback(execute, id, feedback);
  return id;
}

export const addFeedback = (execute, id, count = 1) =>
  execute(
    "INSERT INTO feedback (tenant_id, type, priority, title) VALUES " +
      Array(count).fill(`('${id}', 'bug', 'urgent', 'It hangs')`).join(", "),
  );

export const resolveFeedback = (execute, id, count = 1) =>
  execute(
    `UPDATE feedback SET resolved_at = '2026-11-24T12:00:00.000Z' WHERE id IN
     (SELECT id FROM feedback WHERE tenant_id = '${id}' AND resolved_at IS NULL LIMIT ${count})`,
  );
