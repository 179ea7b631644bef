// What the pages know of a tenant: sessions, changes, outlines, tenants and words.

import assert from "node:assert/strict";
import { test } from "node:test";
import { CHANGES_MAX, changesBetween, withChanges } from "../../../web/dashboard/src/model/changes.js";
import { answerOf, badgeAt, badgesOf, linksOf } from "../../../web/dashboard/src/model/outline.js";
import { Session } from "../../../web/dashboard/src/model/session.js";
import { firstTenant, offered, parseTenant, rememberTenant, shellWord } from "../../../web/dashboard/src/model/tenants.js";
import { say } from "../../../web/dashboard/src/model/words.js";

const TENANT = "7b1f0c9e-5a52-4d6e-8f0a-000000000001";
const OUTLINE = [
  { name: "knowledge", label: "Knowledge", items: [{ name: "knowledge.sources", label: "Sources", zero: null }] },
  { name: "feedback", label: "Feedback", zero: null },
  { name: "orders.late", label: "Late orders", zero: 0 },
];
const snapshot = (more) => ({ counts: {}, status: "live", asOf: null, updatedAt: 0, error: null, ...more });

/** A session over a store that the test moves, and a course that the server always has. */
function session() {
  const stores = [];
  const asked = [];
  const createBadges = (options) => {
    const store = { options, isClosed: false, now: snapshot({ status: "loading" }), tell() {} };
    store.subscribe = (tell) => ((store.tell = tell), () => (store.tell = () => {}));
    store.getSnapshot = () => store.now;
    store.close = () => (store.isClosed = true);
    store.become = (more) => ((store.now = snapshot(more)), store.tell());
    stores.push(store);
    return store;
  };
  const fetch = async (url, { headers }) => {
    asked.push([url, headers["X-Tenant-Id"]]);
    return {
      ok: true,
      headers: new Headers(),
      json: async () => ({ from: new Date(0).toISOString(), step_seconds: 30, badges: { feedback: [] } }),
    };
  };
  const clock = { now: 1000 };
  return { session: new Session({ createBadges, fetch, now: () => clock.now }), stores, asked, clock };
}

test("a tenant is asked for by its header and never in an address", () => {
  const { session: s, stores, asked } = session();
  s.choose(TENANT);
  assert.equal(stores[0].options.headers["X-Tenant-Id"], TENANT);
  assert.deepEqual(asked, [["/api/sidebar/badges/history", TENANT]]);
  assert.ok(!stores[0].options.url.includes(TENANT));
});

test("a change is one between two numbers of one tenant", () => {
  const { session: s, stores, clock } = session();
  s.choose(TENANT);
  stores[0].become({ counts: { feedback: 3 } });
  clock.now = 2000;
  stores[0].become({ counts: { feedback: 5 } });
  assert.deepEqual(s.changes, [{ name: "feedback", before: 3, now: 5, at: 2000 }]);
  s.choose("7b1f0c9e-5a52-4d6e-8f0a-000000000002");
  assert.ok(stores[0].isClosed);
  stores[1].become({ counts: { feedback: 9 } });
  assert.deepEqual(s.changes, []);
});

test("what is not known makes no change and no step", () => {
  const { session: s, stores } = session();
  s.choose(TENANT);
  stores[0].become({ counts: { feedback: 3 } });
  stores[0].become({ counts: { feedback: null }, status: "loading" });
  stores[0].become({ counts: { feedback: 3 } });
  assert.deepEqual(s.changes, []);
  assert.equal(s.course.lastChange("feedback"), null);
});

test("the course is asked for again after what was missed", async () => {
  const { session: s, stores, asked } = session();
  s.choose(TENANT);
  stores[0].become({ counts: { feedback: 3 } });
  stores[0].become({ counts: { feedback: 3 }, status: "stale" });
  const before = asked.length;
  stores[0].become({ counts: { feedback: 4 } });
  assert.equal(asked.length, before + 1);
});

test("numbers are known until the last contact", () => {
  const { session: s, stores, clock } = session();
  s.choose(TENANT);
  stores[0].become({ counts: { feedback: 3 }, updatedAt: 500 });
  assert.equal(s.knownUntil, clock.now);
  stores[0].become({ counts: { feedback: 3 }, updatedAt: 500, status: "offline" });
  assert.equal(s.knownUntil, 500);
});

test("the feed of changes is bounded", () => {
  let list = [];
  for (let i = 0; i < 200; i++) list = withChanges(list, changesBetween({ a: i }, { a: i + 1 }, i));
  assert.equal(list.length, CHANGES_MAX);
  assert.equal(list[0].now, 200);
});

test("every badge has a place of its own", () => {
  const badges = badgesOf(OUTLINE);
  assert.deepEqual(linksOf(badges), {
    "knowledge.sources": "/sources",
    feedback: "/feedback",
    "orders.late": "/#orders.late",
  });
  assert.equal(badges[0].group, "Knowledge");
  for (const badge of badges) {
    const { pathname, hash } = new URL(badge.path, "http://badged.test");
    assert.equal(badgeAt(badges, { pathname, hash }), badge);
  }
  assert.equal(badgeAt(badges, { pathname: "/", hash: "" }), null);
  assert.equal(badgeAt(badges, { pathname: "/", hash: "#nothing" }), undefined);
});

test("the answer is put together as it came", () => {
  const answer = answerOf({ "knowledge.sources": 0, feedback: 7, "orders.late": 0 }, badgesOf(OUTLINE));
  assert.equal(JSON.stringify(answer), '{"knowledge":{"sources":null},"feedback":7,"orders":{"late":0}}');
});

test("a tenant is a UUID", () => {
  assert.equal(parseTenant(` ${TENANT.toUpperCase()} `), TENANT);
  for (const text of ["", "acme", `${TENANT}0`, TENANT.slice(1), "__proto__"]) assert.equal(parseTenant(text), null);
});

test("the tenant chosen last is chosen again where it is offered", () => {
  const kept = { getItem: () => TENANT };
  const closed = {
    getItem: () => {
      throw new Error("denied");
    },
  };
  assert.equal(firstTenant([], () => kept), TENANT);
  assert.equal(
    firstTenant(
      [
        { id: "a", name: "A" },
        { id: TENANT, name: "B" },
      ],
      () => kept,
    ),
    TENANT,
  );
  assert.equal(firstTenant([{ id: "a", name: "A" }], () => kept), "a");
  assert.equal(firstTenant([], () => closed), null);
});

test("a browser that refuses its storage, even to be named, is asked nothing", () => {
  const refused = () => {
    throw new Error("denied");
  };
  assert.equal(firstTenant([], refused), null);
  assert.equal(firstTenant([{ id: "a", name: "A" }], refused), "a");
  rememberTenant(TENANT, refused);
});

test("what is offered is a list, whatever is answered", async () => {
  const answer = (body) => offered(async () => new Response(body));
  const tenants = [{ id: "a", name: "A" }];
  assert.deepEqual(await answer(JSON.stringify({ file: "x.db", tenants })), { file: "x.db", tenants });
  for (const body of ["<html>", "null", "[]", '{"tenants":5}'])
    assert.deepEqual(await answer(body), { file: null, tenants: [] });
});

test("a file is one word of a shell's line", () => {
  for (const [name, word] of [
    ["badged-demo.db", "badged-demo.db"],
    ["/tmp/my demo.db", "'/tmp/my demo.db'"],
    ["it's;$(x).db", "'it'\\''s;$(x).db'"],
    ["-v.db", "./-v.db"],
  ])
    assert.equal(shellWord(name), word);
});

test("what was asked for one tenant says nothing of the next", async () => {
  const { session: s } = session();
  let fail;
  const answered = s.fetch;
  s.fetch = () => new Promise((_, reject) => (fail = reject));
  s.choose(TENANT);
  s.fetch = answered;
  s.choose("7b1f0c9e-5a52-4d6e-8f0a-000000000002");
  fail(new Error("late"));
  await new Promise(setImmediate);
  assert.equal(s.hasCourseFailed, false);
});

test("every state has words of its own", () => {
  const known = { counts: { feedback: 3 }, updatedAt: 0 };
  const states = [
    { ...known, status: "live" },
    { ...known, status: "polling" },
    { ...known, status: "stale" },
    { ...known, status: "offline" },
    {
      counts: { feedback: null },
      status: "loading",
      error: { status: 503, title: "Not ready", detail: "a table is missing" },
    },
    { counts: {}, status: "loading" },
    { counts: {}, status: "unauthorized" },
  ].map((more) => say(snapshot(more)));
  assert.equal(new Set(states.map(({ word }) => word)).size, states.length);
  assert.ok(states[4].sentence.endsWith("A table is missing."));
});
