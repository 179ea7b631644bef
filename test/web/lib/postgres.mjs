// A database in a Postgres of its own, by way of the module that system tests have for it.

import { createInterface } from "node:readline";
import { after } from "node:test";
import { join } from "node:path";
import { ROOT, start } from "./programs.mjs";

/** { url, psql(sql), stop(), start() } of a database with badged's tables, until the file's last test is over. */
export async function postgres() {
  const server = start("/usr/bin/python3", [join(ROOT, "test", "web", "lib", "postgres_server.py")]);
  const answers = createInterface({ input: server.child.stdout })[Symbol.asyncIterator]();
  const next = async () => {
    const { value, done } = await answers.next();
    if (done) throw new Error(`the database ended: ${server.text}`);
    const { error, result } = JSON.parse(value);
    if (error) throw new Error(error);
    return result;
  };
  after(async () => {
    server.child.stdin.end();
    await server.ended;
  });
  const url = await next();
  const ask = (command, text = "") => {
    server.child.stdin.write(`${JSON.stringify([command, text])}\n`);
    return next();
  };
  return { url, psql: (sql) => ask("psql", sql), stop: () => ask("stop"), start: () => ask("start") };
}
