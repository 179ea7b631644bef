"""badged following a Postgres database, held against what SQL counts there.

    with Following(database) as following:
        database.sql("UPDATE …")
        following.eventually_equal()

An Oracle says for each badge what SQL counts. A Ledger notes what it counted at each commit, and which as-of that
commit may have; Readers ask all the time, and every answer of theirs is held against the commit that it names.
"""
import bisect
import collections
import re
import threading
import time

from badged import Badged, eventually

EQUAL_S = 20.0  # for what takes milliseconds: a machine under load must not fail a test
TENANTS = [f"7b1f0c9e-5a52-4d6e-8f0a-{n:012x}" for n in range(0x100, 0x106)]
# Two more, whose pressing feedback and broken integrations together are always MOVED: a transaction moves one to the
# other, so that an answer with another sum has half a transaction in it.
MOVERS = [f"7b1f0c9e-5a52-4d6e-8f0a-{n:012x}" for n in range(0x200, 0x202)]
MOVED = 12

FAILED_CRAWLS = "SELECT tenant_id FROM crawl_attempts WHERE status = 'failed' AND can_retry"
BUILT_IN = {
    "knowledge.sources": FAILED_CRAWLS,
    "knowledge.crawlFailures": f"{FAILED_CRAWLS} UNION ALL SELECT tenant_id FROM page_failures WHERE NOT is_resolved",
    "conversations": "SELECT DISTINCT tenant_id, conversation_id FROM integration_outbox "
                     "WHERE status = 'failed' AND conversation_id IS NOT NULL",
    "feedback": "SELECT tenant_id FROM feedback WHERE priority IN ('urgent', 'high') AND resolved_at IS NULL",
    "integrations.installed": "SELECT tenant_id FROM integrations WHERE status IN ('error', 'disabled')",
    "automation.outbox": "SELECT tenant_id FROM integration_outbox WHERE status = 'failed'",
}


class Oracle:
    """What SQL counts: for each badge, a query that gives one row, with a tenant_id, for each thing counted."""

    def __init__(self, badges=None, tenants=None):
        self.badges = badges or BUILT_IN
        self.tenants = tenants or TENANTS + MOVERS
        self.query = " UNION ALL ".join(
            f"SELECT '{name}', tenant_id::text, count(*) FROM ({sql}) AS counted GROUP BY 2"
            for name, sql in self.badges.items())

    def counts(self, connection):
        """{tenant: {badge: count}}, of one snapshot, as it is one statement."""
        found = {tenant: dict.fromkeys(self.badges, 0) for tenant in self.tenants}
        for badge, tenant, count in connection.sql(self.query):
            if tenant is None:  # rows of no tenant are in nobody's answer
                continue
            found.setdefault(tenant, dict.fromkeys(self.badges, 0))[badge] = count
        return found

    def numbers(self, answer):
        """{badge: count} of an answer's JSON."""
        found = {}
        for name in self.badges:
            value = answer
            for part in name.split("."):
                value = value[part]
            found[name] = value or 0
        return found


def as_of(answer):
    """(timeline, position) that an answer names."""
    timeline, high, low = re.fullmatch(r"(\d+)-([0-9A-F]+)/([0-9A-F]+)", answer.headers["Badged-As-Of"]).groups()
    return int(timeline), lsn(f"{high}/{low}")


def lsn(text):
    high, low = text.split("/")
    return int(high, 16) << 32 | int(low, 16)


def age(answer):
    """How many seconds ago the counts were known to be the newest; None when they are now."""
    found = answer.headers["Badged-Stale"]
    return None if found is None else int(found)


class Following(Badged):
    """`badged serve` of a database in a Cluster, through a proxy if there is one."""

    def __init__(self, database, *more, proxy=None, oracle=None, url=None, env=None, cwd=None, ready=True):
        self.database, self.oracle = database, oracle or Oracle()
        where = url or database.url(port=proxy.port if proxy else None)
        super().__init__("serve", "--database", where, "--listen", "127.0.0.1:0", "--auth", "none", *more, env=env,
                         cwd=cwd, ready=ready)

    def ask(self, tenant, query=""):
        return self.get(f"/api/sidebar/badges{query}", {"X-Tenant-Id": tenant})

    def report(self):
        """What it says about itself."""
        return self.get("/readyz?verbose").body.decode()

    def state(self):
        """The state of its feed, as /readyz?verbose names it."""
        return re.match(r"\[[+-]\]feed (?:ok|failed): ([a-z ]+)", self.report())[1]

    def eventually_in(self, *states, deadline_s=EQUAL_S):
        eventually(lambda: self.state() in states, deadline_s, f"state {' or '.join(states)}")

    def eventually_says(self, pattern, deadline_s=EQUAL_S):
        """Wait until its report matches; the match."""
        return eventually(lambda: re.search(pattern, self.report()), deadline_s, f"{pattern!r} in its report")

    def differences(self, is_fresh=True):
        """What keeps the answers from being what SQL counts now: nothing, when all is well."""
        expected, found = self.oracle.counts(self.database), []
        for tenant, counts in expected.items():
            answer = self.ask(tenant)
            if answer.status != 200:
                found.append(f"{tenant}: {answer}")
            elif is_fresh and age(answer) is not None:
                found.append(f"{tenant}: stale for {age(answer)} s")
            elif self.oracle.numbers(answer.json()) != counts:
                found.append(f"{tenant}: SQL counts {counts}, the answer at {answer.headers['Badged-As-Of']} has "
                             f"{self.oracle.numbers(answer.json())}")
        return found

    def eventually_equal(self, deadline_s=EQUAL_S):
        """Wait until every tenant's answer is fresh and has the numbers of SQL; how long that took. Nobody else may
        write meanwhile."""
        began = time.monotonic()
        while True:
            found = self.differences()
            took = time.monotonic() - began
            if not found:
                return took
            assert took < deadline_s, f"not equal to SQL after {took:.1f} s:\n" + "\n".join(found) + \
                f"\n{self.report()}\n{self.err.text()[-4000:]}"
            assert self.process.poll() is None, f"it ended with {self.process.returncode}:\n{self.err.text()}"
            time.sleep(0.02)

    def is_true_or_says_why(self):
        """Whether the answers are those of SQL, or it is not ready and says why: what is never allowed is a third."""
        report = self.report()
        return "[-]feed failed" in report and len(report.split(": ", 2)) == 3 or not self.differences()


class Ledger:
    """What SQL counted at each commit of its own connection, which nobody else writes beside.

    An answer that names as-of A has all commits that end at or before A. Where a commit ends lies after the position at
    its last statement, and at or before the one right after it; so A is held against one commit, or, between these
    two positions, against one of two."""

    POSITION = "SELECT substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8), pg_current_wal_insert_lsn()::text"

    Entry = collections.namedtuple("Entry", "before after time counts")

    def __init__(self, connection, oracle):
        self.connection, self.oracle = connection, oracle
        self.entries = []
        self.lock = threading.Lock()
        self.note(self.position(), time.monotonic(), oracle.counts(connection))

    def position(self):
        ((timeline, text),) = self.connection.sql(self.POSITION)
        return int(timeline, 16), lsn(text)

    def note(self, before, began, counts):
        after = self.position()
        with self.lock:
            self.entries.append(self.Entry(before, after, began, counts))

    def write(self, *statements):
        """Run the statements as one transaction, and note what SQL counts at its end."""
        self.connection.sql("BEGIN")
        for sql in statements:
            self.connection.sql(sql)
        counts, before = self.oracle.counts(self.connection), self.position()
        began = time.monotonic()
        self.connection.sql("COMMIT")
        self.note(before, began, counts)

    def recover(self, connection):
        """Go on after a connection was lost, with what may or may not have been committed."""
        self.connection = connection
        began, before = time.monotonic(), self.entries[-1].after
        self.note(before, began, self.oracle.counts(connection))

    def possible(self, at):
        """The counts that an answer with this as-of may have."""
        with self.lock:
            last = max(bisect.bisect_left(self.entries, at, key=lambda entry: entry.before) - 1, 0)
            first = last - 1 if last > 0 and at < self.entries[last].after else last
            return [entry.counts for entry in self.entries[first:last + 1]]

    def check_at_least(self, answers):
        """Hold answers that were polled against the commits: the position is read before the snapshot is taken, so that
        they have all commits up to the one they name, and perhaps some behind it."""
        for at, tenant, numbers, _, _ in answers:
            first = self.entries.index(next(e for e in self.entries if e.counts is self.possible(at)[0]))
            assert numbers in [entry.counts[tenant] for entry in self.entries[first:]], f"{tenant} at {at}: {numbers}"

    def check_freshness(self, answers, seconds):
        """Answers that do not say they are stale have counts that were the newest so long before the question."""
        for at, tenant, numbers, stale, asked in answers:
            if stale is not None:
                continue
            superseded = [entry.time for entry in self.entries[1:]] + [float("inf")]
            recent = [entry.counts[tenant] for entry, until in zip(self.entries, superseded) if until > asked - seconds]
            assert numbers in recent, f"{tenant} at {at}: {numbers} seem sure, but were true more than {seconds} s ago"

    def check(self, answers):
        """Hold answers of Readers against the commits that they name."""
        for at, tenant, numbers, _, _ in answers:
            possible = [counts[tenant] for counts in self.possible(at)]
            assert numbers in possible, f"{tenant} at {at}: {numbers}, SQL counted {possible}"


class Readers:
    """Clients that ask all the time. Each answer must be whole, and none older than the one before.

    answers holds (as-of, tenant, numbers, age or None, when it was asked); failures counts those without numbers."""

    def __init__(self, following, count=2, tenants=None):
        self.following, self.tenants = following, tenants or TENANTS + MOVERS
        self.answers, self.failures, self.errors = [], collections.Counter(), []
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self._read, args=(n,), daemon=True) for n in range(count)]
        for thread in self.threads:
            thread.start()

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        self.stopping.set()
        for thread in self.threads:
            thread.join()
        if kind is None and self.errors:
            raise self.errors[0]

    def _read(self, n):
        last = (0, 0)
        try:
            while not self.stopping.is_set():
                tenant = self.tenants[n % len(self.tenants)]
                n += 1
                began = time.monotonic()
                try:
                    answer = self.following.ask(tenant)
                except OSError:
                    self.failures["no answer"] += 1
                    time.sleep(0.05)
                    continue
                last = self._take(answer, tenant, last, began)
        except BaseException as error:  # told at the end of the block, as a thread's own would be lost
            self.errors.append(error)

    def _take(self, answer, tenant, last, began):
        if answer.status != 200:
            assert answer.status == 503, answer
            self.failures[answer.status] += 1
            time.sleep(0.02)
            return last
        at, numbers = as_of(answer), self.following.oracle.numbers(answer.json())
        assert at >= last, f"as-of went back from {last} to {at}"
        if tenant in MOVERS and "feedback" in numbers:
            moved = numbers["feedback"] + numbers["integrations.installed"]
            assert moved in (0, MOVED), f"half a transaction at {at}: {numbers}"
        self.answers.append((at, tenant, numbers, age(answer), began))
        return at


def fill(connection, tenants=None):
    """Tenants with a site and conversations each, and the rows that the movers move."""
    for tenant in tenants or TENANTS + MOVERS:
        connection.sql(f"""
            INSERT INTO tenants (id, name, slug) VALUES ('{tenant}', 'x', '{tenant}');
            INSERT INTO tenant_sites (tenant_id, name, domain) VALUES ('{tenant}', 'x', 'x.example');
            INSERT INTO conversations (tenant_id) SELECT '{tenant}' FROM generate_series(1, 4)""")
    for tenant in MOVERS if tenants is None else []:
        connection.sql(f"""
            INSERT INTO feedback (tenant_id, title, priority) SELECT '{tenant}', 'x', 'urgent'
                FROM generate_series(1, {MOVED});
            INSERT INTO integrations (tenant_id, provider, name) SELECT '{tenant}', 'x', 'x'
                FROM generate_series(1, {MOVED})""")


def move(r):
    """One row out of one badge and one into another, in one transaction."""
    tenant = r.choice(MOVERS)
    urgent, broken = "priority = 'urgent'", "status = 'error'"
    take, put = r.choice([(urgent, "status = 'active'"), ("priority <> 'urgent'", broken)])
    one = "ctid = (SELECT ctid FROM {} WHERE tenant_id = '{}' AND {} LIMIT 1)"
    if take == urgent:
        changes = ("UPDATE feedback SET priority = 'low' WHERE " + one.format("feedback", tenant, take),
                   "UPDATE integrations SET status = 'error' WHERE " + one.format("integrations", tenant, put))
    else:
        changes = ("UPDATE feedback SET priority = 'urgent' WHERE " + one.format("feedback", tenant, take),
                   "UPDATE integrations SET status = 'active' WHERE " + one.format("integrations", tenant, put))
    return f"SELECT 1 FROM tenants WHERE id = '{tenant}' FOR NO KEY UPDATE", *r.sample(changes, 2)


def any_of(table, tenant, condition="true"):
    return f"(SELECT id FROM {table} WHERE tenant_id = '{tenant}' AND {condition} ORDER BY random() LIMIT 1)"


def change(r, tenants=None):
    """One random change, as a statement."""
    tenant, other = r.choice(tenants or TENANTS), r.choice(tenants or TENANTS)
    table = r.choice(["crawl_attempts", "page_failures", "feedback", "integrations", "integration_outbox"])
    return r.choice([
        f"INSERT INTO crawl_attempts (tenant_id, site_id, source_url, status, can_retry) "
        f"SELECT tenant_id, id, 'https://x', '{r.choice(['failed', 'failed', 'success'])}', "
        f"{r.choice(['true', 'true', 'false'])} FROM tenant_sites WHERE tenant_id = '{tenant}'",
        f"INSERT INTO page_failures (crawl_attempt_id, tenant_id, page_url) SELECT id, tenant_id, 'https://x/p' "
        f"FROM crawl_attempts WHERE tenant_id = '{tenant}' LIMIT 1",
        f"INSERT INTO feedback (tenant_id, title, priority) "
        f"SELECT '{tenant}', 'x', '{r.choice(['urgent', 'high', 'low'])}' FROM generate_series(1, "
        f"{r.choice([1, 1, 3])})",
        f"INSERT INTO integrations (tenant_id, provider, name, status) "
        f"VALUES ('{tenant}', 'x', 'x', '{r.choice(['error', 'disabled', 'active'])}')",
        f"INSERT INTO integration_outbox (tenant_id, provider, conversation_id, status) "
        f"VALUES ('{tenant}', 'x', {r.choice(['NULL', any_of('conversations', tenant)])}, "
        f"'{r.choice(['failed', 'failed', 'sent'])}')",
        f"UPDATE page_failures SET is_resolved = NOT is_resolved WHERE id = {any_of('page_failures', tenant)}",
        f"UPDATE crawl_attempts SET can_retry = NOT can_retry WHERE tenant_id = '{tenant}'",
        f"UPDATE feedback SET resolved_at = CASE WHEN resolved_at IS NULL THEN now() END "
        f"WHERE id = {any_of('feedback', tenant)}",
        f"UPDATE integration_outbox SET status = '{r.choice(['failed', 'sent'])}', "
        f"conversation_id = {any_of('conversations', tenant)} WHERE id = {any_of('integration_outbox', tenant)}",
        f"UPDATE {table} SET tenant_id = '{other}' WHERE id = {any_of(table, tenant)}",  # a tenant move
        f"UPDATE integrations SET id = gen_random_uuid() WHERE id = {any_of('integrations', tenant)}",  # a key update
        f"DELETE FROM {table} WHERE id = {any_of(table, tenant)}",
        f"DELETE FROM conversations WHERE id = {any_of('conversations', tenant, 'random() < 0.3')}",  # cascades
        f"INSERT INTO conversations (tenant_id) VALUES ('{tenant}')",
    ])


def again(r, tenant=None):
    """The same key deleted and inserted in one transaction."""
    tenant = tenant or r.choice(TENANTS)
    return (f"CREATE TEMP TABLE kept ON COMMIT DROP AS SELECT * FROM feedback WHERE id = {any_of('feedback', tenant)}",
            "DELETE FROM feedback WHERE id IN (SELECT id FROM kept)",
            f"UPDATE kept SET tenant_id = '{r.choice(TENANTS)}', priority = '{r.choice(['urgent', 'low'])}'",
            "INSERT INTO feedback SELECT * FROM kept")


def transaction(r):
    """The statements of one random transaction."""
    kind = r.random()
    if kind < 0.25:
        return move(r)
    if kind < 0.35:
        return again(r)
    return [change(r) for _ in range(r.choice([1, 1, 1, 2, 5]))]
