// The pages over Postgres: a change shows, and so does that the database is away.

import { test } from "node:test";
import { browser, shows } from "./lib/browser.mjs";
import { postgres } from "./lib/postgres.mjs";
import { addFeedback, resolveFeedback, serve, tenant } from "./lib/programs.mjs";

const database = await postgres();
const badged = await serve(database.url);
const { context } = browser();

test("a row changed with psql shows, and a database that goes away makes numbers stale until it is back", async (t) => {
  const id = await tenant(database.psql, 2);
  const tabs = await context(t, { origin: badged.url, tenant: id, isNetworkBroken: true });
  const pages = [await tabs.newPage(), await tabs.newPage()];
  const all = (what) => Promise.all(pages.map(what));
  await all((page) => page.goto("/"));
  await all((page) => shows(page, "Feedback", "2"));
  await addFeedback(database.psql, id);
  await all((page) => shows(page, "Feedback", "3"));

  await database.stop();
  await all((page) => page.getByRole("status").getByText("Stale").waitFor());
  await all((page) => shows(page, "Feedback", "3"));
  await database.start();
  await resolveFeedback(database.psql, id, 3);
  await all((page) => shows(page, "Feedback", "0"));
  await all((page) => page.getByRole("status").getByText("Live", { exact: true }).waitFor());
});
