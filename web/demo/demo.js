// The page of `badged demo`: asks for the badges of one tenant every second, and shows them.
// @ts-check

const POLL_MS = 1000;
const CHANGES_SHOWN = 16;
const EXACT_MAX = 9999; // what a pill has room for; what is beyond is heard and in its title

/** @typedef {{id: string, name: string}} Tenant */

const byId = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const chooser = /** @type {HTMLSelectElement} */ (byId("tenant"));
const items = [.../** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-badge]"))];

let etag = "";
let answers = { whole: 0, unchanged: 0 };
/** @type {Map<string, number | null>} what is shown; empty until the first answer */
let shown = new Map();
/** @type {AbortController | undefined} */
let asking;
let timer = 0;

/** The numbers of an answer by badge name, however deep they stand. */
function flatten(/** @type {object} */ answer, prefix = "") {
  return Object.entries(answer).flatMap(([key, value]) =>
    value !== null && typeof value === "object" ? flatten(value, `${prefix}${key}.`) : [[prefix + key, value]],
  );
}

function labelOf(/** @type {HTMLElement} */ item) {
  return item.querySelector(".item")?.textContent ?? "";
}

/** The pill of an item: the number, or past EXACT_MAX "9,999+" to see, and the number to hear and in its title. */
function draw(/** @type {HTMLElement} */ item, /** @type {number | null | undefined} */ value, isNew = false) {
  const pill = item.querySelector(".pill") ?? item.appendChild(document.createElement("span"));
  const exact = value?.toLocaleString("en") ?? "";
  pill.className = "pill";
  pill.classList.toggle("is-unknown", value === undefined);
  pill.classList.toggle("is-empty", value === null);
  pill.classList.toggle("is-zero", value === 0);
  pill.replaceChildren();
  if (value === undefined) pill.append("?", spoken(", not known yet"));
  else if (value !== null && value > EXACT_MAX) pill.append(seen(`${EXACT_MAX.toLocaleString("en")}+`), spoken(`, ${exact}`));
  else if (value !== null) pill.append(exact);
  if (value) pill.setAttribute("title", exact);
  else pill.removeAttribute("title");
  if (isNew) requestAnimationFrame(() => pill.classList.add("is-new"));
}

function seen(/** @type {string} */ text) {
  const span = document.createElement("span");
  span.ariaHidden = "true";
  span.textContent = text;
  return span;
}

function spoken(/** @type {string} */ text) {
  const span = document.createElement("span");
  span.className = "spoken";
  span.textContent = text;
  return span;
}

function say(/** @type {string} */ status, /** @type {string} */ text) {
  document.body.dataset.status = status;
  if (byId("status").textContent !== text) byId("status").textContent = text;
}

function note(/** @type {HTMLElement} */ item, /** @type {number} */ before, /** @type {number} */ now) {
  const line = document.createElement("li");
  const time = document.createElement("time");
  time.textContent = byId("last-change").textContent = clock();
  const what = document.createElement("span");
  what.className = "what";
  what.textContent = labelOf(item);
  const numbers = document.createElement("span");
  numbers.className = `numbers ${now > before ? "up" : "down"}`;
  numbers.textContent = `${before} → ${now}`;
  line.append(time, what, numbers);
  byId("changes").prepend(line);
  byId("no-changes").hidden = true;
  while (byId("changes").childElementCount > CHANGES_SHOWN) byId("changes").lastElementChild?.remove();
}

function clock() {
  return new Date().toLocaleTimeString("en-GB");
}

function show(/** @type {object} */ answer) {
  const now = new Map(flatten(answer));
  for (const item of items) {
    const name = item.dataset.badge ?? "";
    const isNew = shown.size > 0 && shown.get(name) !== now.get(name);
    draw(item, now.get(name), isNew);
    if (isNew) note(item, shown.get(name) ?? 0, now.get(name) ?? 0);
  }
  shown = now;
  byId("answer").textContent = JSON.stringify(answer, null, 2);
}

async function ask() {
  asking = new AbortController();
  const headers = { "X-Tenant-Id": chooser.value, ...(etag && { "If-None-Match": etag }) };
  const response = await fetch("/api/sidebar/badges", { headers, cache: "no-store", signal: asking.signal });
  if (response.status === 503) {
    const problem = await response.json();
    forget();
    byId("answer").textContent = JSON.stringify(problem, null, 2);
    byId("last-answer").textContent = `503, not known, ${clock()}`;
    return say("not-ready", `Not known: ${problem.detail}`);
  }
  if (!response.ok && response.status !== 304) throw new Error(`the answer was ${response.status}`);
  if (response.status === 200) {
    show(await response.json());
    etag = response.headers.get("ETag") ?? "";
    answers.whole++;
  } else {
    answers.unchanged++;
  }
  byId("as-of").textContent = response.headers.get("Badged-As-Of");
  byId("last-answer").textContent = `${response.status === 200 ? "200, whole" : "304, unchanged"}, ${clock()}`;
  byId("answers").textContent = `${answers.whole} whole, ${answers.unchanged} unchanged`;
  const stale = response.headers.get("Badged-Stale");
  if (stale === null) return say("live", "Live: exact at the commit named below");
  byId("as-of").append(`, stale for ${stale} s`); // not in the status, which would be read aloud every second
  say("stale", "Stale: exact at the commit named below, but badged cannot see what came since");
}

async function poll() {
  clearTimeout(timer);
  try {
    await ask();
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") return;
    say("unreachable", "badged cannot be reached: the numbers may be old");
  }
  timer = window.setTimeout(poll, POLL_MS);
}

function stop() {
  clearTimeout(timer);
  asking?.abort();
}

/** What is shown is not known any more, which is not zero. */
function forget() {
  etag = "";
  shown = new Map();
  for (const item of items) draw(item, undefined);
}

/** Start anew with the tenant that is chosen. */
function choose() {
  stop();
  forget();
  answers = { whole: 0, unchanged: 0 };
  for (const id of ["answer", "as-of", "last-answer", "last-change", "answers"]) byId(id).textContent = "–";
  byId("changes").replaceChildren();
  byId("no-changes").hidden = false;
  byId("curl").textContent = `curl -H 'X-Tenant-Id: ${chooser.value}' ${location.origin}/api/sidebar/badges`;
  byId("sqlite").textContent =
    `sqlite3 -cmd '.timeout 5000' badged-demo.db "UPDATE feedback SET resolved_at = NULL, priority = 'urgent' ` +
    `WHERE id = (SELECT id FROM feedback WHERE tenant_id = '${chooser.value}' AND resolved_at IS NOT NULL LIMIT 1)"`;
  say("loading", "Asking for the counts…");
  poll();
}

async function copy(/** @type {Event} */ event) {
  const button = /** @type {HTMLButtonElement} */ (event.currentTarget);
  await navigator.clipboard.writeText(byId(button.dataset.copy ?? "").textContent ?? "");
  button.textContent = "Copied";
  window.setTimeout(() => (button.textContent = "Copy"), 1500);
}

async function start() {
  for (const item of items) draw(item, undefined);
  const response = await fetch("/demo/tenants");
  const tenants = /** @type {Tenant[]} */ (await response.json());
  chooser.append(...tenants.map(({ id, name }) => new Option(name, id)));
  chooser.disabled = false;
  chooser.addEventListener("change", choose);
  document.addEventListener("visibilitychange", () => (document.hidden ? stop() : poll()));
  for (const button of document.querySelectorAll("[data-copy]")) button.addEventListener("click", copy);
  choose();
}

start().catch(() => say("unreachable", "badged cannot be reached: start it again, and load this page anew"));
