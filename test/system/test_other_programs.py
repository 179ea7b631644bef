"""Other programs own the data: the sqlite3 shell and Python write to the file while badged serves it.

Every writer records, in the transaction that it commits, the six counts of every tenant as SQL has them and the last
entry of the change log. The position in an answer's Badged-As-Of is that entry, so every answer is held against the
counts of exactly the commit that it names.
"""
import json
import random
import sqlite3
import statistics
import subprocess
import threading
import time
import uuid

from badged import Badged, eventually

TENANTS = [str(uuid.UUID(int=0x7B1F0C9E5A524D6E8F0A000000000100 + n)) for n in range(6)]

COUNTS = {
    "sources": "SELECT count(*) FROM crawl_attempts WHERE tenant_id = t.id AND status = 'failed' AND can_retry",
    "pages": "SELECT count(*) FROM page_failures WHERE tenant_id = t.id AND NOT is_resolved",
    "conversations": "SELECT count(DISTINCT conversation_id) FROM integration_outbox "
                     "WHERE tenant_id = t.id AND status = 'failed' AND conversation_id IS NOT NULL",
    "feedback": "SELECT count(*) FROM feedback "
                "WHERE tenant_id = t.id AND priority IN ('urgent', 'high') AND resolved_at IS NULL",
    "installed": "SELECT count(*) FROM integrations WHERE tenant_id = t.id AND status IN ('error', 'disabled')",
    "outbox": "SELECT count(*) FROM integration_outbox WHERE tenant_id = t.id AND status = 'failed'",
}
# All tenants that ever were, so that one that is deleted counts nothing.
ORACLE = ("WITH t(id) AS (VALUES " + ", ".join(f"('{t}')" for t in TENANTS) + ") SELECT t.id AS tenant, "
          + ", ".join(f"({sql}) AS {name}" for name, sql in COUNTS.items())
          + ", (SELECT coalesce(max(seq), 0) FROM badged_change) AS position FROM t")


def as_counts(row):
    """A row of the oracle, as the numbers of an answer."""
    return {"sources": row["sources"], "crawlFailures": row["sources"] + row["pages"],
            "conversations": row["conversations"], "feedback": row["feedback"], "installed": row["installed"],
            "outbox": row["outbox"]}


def numbers(answer):
    return {"sources": answer["knowledge"]["sources"] or 0, "crawlFailures": answer["knowledge"]["crawlFailures"] or 0,
            "conversations": answer["conversations"] or 0, "feedback": answer["feedback"] or 0,
            "installed": answer["integrations"]["installed"], "outbox": answer["automation"]["outbox"]}


def position(answer):
    high, low = answer.headers["Badged-As-Of"].split("-")[1].split("/")
    return int(high, 16) << 32 | int(low, 16)


def connect(path):
    db = sqlite3.connect(path, timeout=60, isolation_level=None)
    db.row_factory = sqlite3.Row
    db.execute("PRAGMA foreign_keys = ON")
    return db


def shell(path, sql, *options):
    done = subprocess.run(["sqlite3", "-batch", "-bail", "-cmd", ".timeout 60000", *options, path, sql], text=True,
                          capture_output=True, check=True)
    return done.stdout


class Ledger:
    """What SQL counted at each commit, by its position."""

    def __init__(self):
        self.at = {}

    def note(self, rows):
        rows = [dict(r) for r in rows]
        self.at[rows[0]["position"]] = {r["tenant"]: as_counts(r) for r in rows}

    def write(self, db, *statements):
        db.execute("BEGIN IMMEDIATE")
        for sql, parameters in statements:
            db.execute(sql, parameters)
        rows = db.execute(ORACLE).fetchall()
        db.execute("COMMIT")
        self.note(rows)

    def write_by_shell(self, path, sql):
        out = shell(path, f"BEGIN IMMEDIATE; {sql}; {ORACLE}; COMMIT", "-json")
        self.note(json.loads(out))


class Readers:
    """Clients that ask all the time. Each keeps every answer with its position."""

    def __init__(self, badged, count=3):
        self.answers, self.errors, self.stopping = [], [], threading.Event()
        self.threads = [threading.Thread(target=self._read, args=(badged, n)) for n in range(count)]
        for t in self.threads:
            t.start()

    def _read(self, badged, n):
        last = 0
        try:
            while not self.stopping.is_set():
                tenant = TENANTS[n % len(TENANTS)]
                n += 1
                answer = badged.get("/api/sidebar/badges", {"X-Tenant-Id": tenant})
                assert answer.status == 200, answer
                assert position(answer) >= last, "as-of went back"
                last = position(answer)
                self.answers.append((last, tenant, numbers(answer.json())))
        except BaseException as error:  # told by stop(), as a thread's own would be lost
            self.errors.append(error)

    def stop(self):
        self.stopping.set()
        for t in self.threads:
            t.join()
        if self.errors:
            raise self.errors[0]
        return self.answers


def fill(db):
    """Two sites' worth of rows for each tenant."""
    for t in TENANTS:
        db.execute("INSERT INTO tenants (id, name, slug) VALUES (?, 'x', ?)", (t, t))
        db.execute("INSERT INTO tenant_sites (tenant_id, name, domain) VALUES (?, 'x', 'x.example')", (t,))
        for _ in range(4):
            db.execute("INSERT INTO conversations (tenant_id, session_id) VALUES (?, 'x')", (t,))


def any_of(table, tenant):
    return f"(SELECT id FROM {table} WHERE tenant_id = '{tenant}' ORDER BY random() LIMIT 1)"


def change(r, tenant):
    """One random change of one row, as SQL that both writers run."""
    return r.choice([
        f"INSERT INTO crawl_attempts (tenant_id, site_id, source_url, source_type, status, can_retry) "
        f"SELECT tenant_id, id, 'https://x', 'url', '{r.choice(['failed', 'failed', 'success'])}', "
        f"{r.choice([0, 1, 1])} FROM tenant_sites WHERE tenant_id = '{tenant}'",
        f"INSERT INTO page_failures (crawl_attempt_id, tenant_id, page_url, error_type) "
        f"SELECT id, tenant_id, 'https://x/p', 'timeout' FROM crawl_attempts WHERE tenant_id = '{tenant}' LIMIT 1",
        f"UPDATE page_failures SET is_resolved = 1 - is_resolved WHERE id = {any_of('page_failures', tenant)}",
        f"INSERT INTO feedback (tenant_id, type, priority, title) "
        f"VALUES ('{tenant}', 'bug', '{r.choice(['urgent', 'high', 'low'])}', 'x')",
        f"UPDATE feedback SET resolved_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') "
        f"WHERE id = {any_of('feedback', tenant)}",
        f"INSERT INTO integrations (tenant_id, provider, name, status) "
        f"VALUES ('{tenant}', 'slack', 'x', '{r.choice(['error', 'disabled', 'active'])}')",
        f"DELETE FROM integrations WHERE id = {any_of('integrations', tenant)}",
        f"INSERT INTO integration_outbox (tenant_id, provider, conversation_id, payload, status) "
        f"SELECT tenant_id, 'slack', id, '{{}}', '{r.choice(['failed', 'pending'])}' "
        f"FROM conversations WHERE tenant_id = '{tenant}' ORDER BY random() LIMIT 1",
        f"UPDATE integration_outbox SET status = 'sent' WHERE id = {any_of('integration_outbox', tenant)}",
        f"UPDATE feedback SET tenant_id = '{r.choice(TENANTS)}' WHERE id = {any_of('feedback', tenant)}",
    ])


def test_every_answer_equals_the_counts_of_the_commit_it_names(badged, database):
    r, ledger = random.Random(20261123), Ledger()
    db = connect(database)
    db.execute("BEGIN")
    fill(db)
    db.execute("COMMIT")
    ledger.note(db.execute(ORACLE).fetchall())
    readers = Readers(badged)
    for n in range(240):
        sql = change(r, r.choice(TENANTS))
        if n % 4 == 0:
            ledger.write_by_shell(database, sql)
        else:
            ledger.write(db, *[(sql, ())] * r.choice([1, 1, 1, 5]))
        if n % 8 == 0:  # several commits may be counted at once; now and then wait for one
            written = max(ledger.at)
            eventually(lambda: any(at == written for at, _, _ in readers.answers[-20:]))
    # 100,000 rows in one transaction, and most of them out again
    many = ("WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 100000) "
            "INSERT INTO feedback (tenant_id, type, priority, title) SELECT ?, 'bug', 'high', 'many' FROM n")
    ledger.write(db, (many, (TENANTS[1],)))
    ledger.write(db, ("UPDATE feedback SET priority = 'low' WHERE title = 'many' AND rowid % 10 <> 0", ()))
    # a rollback
    db.execute("BEGIN IMMEDIATE")
    db.execute("DELETE FROM feedback")
    db.execute("ROLLBACK")
    # a delete that cascades from tenants through all tables
    ledger.write(db, ("DELETE FROM tenants WHERE id = ?", (TENANTS[0],)))
    for n in range(20):
        ledger.write(db, (change(r, r.choice(TENANTS[1:])), ()))
    last = max(ledger.at)
    final = lambda: position(badged.get("/api/sidebar/badges", {"X-Tenant-Id": TENANTS[1]})) == last
    eventually(final, what="the last commit in an answer")
    answers = readers.stop()
    db.close()
    assert len(answers) > 200
    assert len({p for p, _, _ in answers}) > 20, "answers of many commits were seen"
    for at, tenant, found in answers:
        if at == 0:
            assert not any(found.values())
            continue
        assert at in ledger.at, f"an answer names {at}, which is no commit's end"
        assert found == ledger.at[at][tenant], f"tenant {tenant} at {at}"
    for tenant in TENANTS:
        assert numbers(badged.badges(tenant)) == ledger.at[last][tenant]
    assert not any(ledger.at[last][TENANTS[0]].values())
    assert ledger.at[last][TENANTS[1]]["feedback"] >= 9000


def test_a_commit_of_the_shell_is_seen_within_half_a_second(badged, database):
    db = connect(database)
    fill(db)
    db.close()
    delays = []
    for n in range(1, 121):
        shell(database, f"INSERT INTO feedback (tenant_id, type, priority, title) "
                        f"VALUES ('{TENANTS[0]}', 'bug', 'high', 'x')")
        committed = time.monotonic()
        eventually(lambda: badged.badges(TENANTS[0])["feedback"] == n)
        delays.append(time.monotonic() - committed)
    print(f"median {statistics.median(delays) * 1000:.0f} ms, most {max(delays) * 1000:.0f} ms")
    assert max(delays) < 0.5


def cpu_ns(badged):
    """CPU time of all threads of the program so far."""
    with open(f"/proc/{badged.process.pid}/stat") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 10_000_000


def cost_of_changes(path, rows, changes=4000):
    """CPU time that badged takes for many single-row changes of a table with so many live rows."""
    with Badged.serve(f"sqlite:{path}"):
        pass
    db = connect(path)
    db.execute("PRAGMA synchronous = OFF")
    db.execute("BEGIN")
    fill(db)
    db.execute("DROP TRIGGER IF EXISTS badged_insert_feedback")  # put back by badged when it starts
    db.execute("WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
               "INSERT INTO feedback (tenant_id, type, priority, title) SELECT ?, 'bug', 'high', 'x' FROM n",
               (rows, TENANTS[0]))
    db.execute("COMMIT")
    with Badged.serve(f"sqlite:{path}") as badged:
        assert badged.badges(TENANTS[0])["feedback"] == rows
        before = cpu_ns(badged)
        for n in range(changes):
            db.execute("UPDATE feedback SET priority = ? WHERE rowid = ?",
                       ("low" if n % 2 == 0 else "high", 1 + n // 2))
        eventually(lambda: badged.badges(TENANTS[0])["feedback"] == rows)
        db.close()
        return cpu_ns(badged) - before


def test_the_cost_of_a_change_does_not_grow_with_the_rows(tmp_path):
    few = cost_of_changes(tmp_path / "few.db", 2_000)
    many = cost_of_changes(tmp_path / "many.db", 200_000)
    print(f"4,000 changes: {few / 1e6:.0f} ms of CPU with 2,000 rows, {many / 1e6:.0f} ms with 200,000")
    assert many < 2 * few + 50_000_000


def test_reading_goes_on_while_a_writer_holds_the_file(badged, database):
    def answer():
        return badged.get("/api/sidebar/badges", {"X-Tenant-Id": TENANTS[0]})

    db = connect(database)
    fill(db)
    add = f"INSERT INTO feedback (tenant_id, type, priority, title) VALUES ('{TENANTS[0]}', 'bug', 'high', 'x')"
    db.execute(add)
    eventually(lambda: badged.badges(TENANTS[0])["feedback"] == 1)
    db.execute("BEGIN EXCLUSIVE")  # nothing is committed behind this lock, so the answers stay true
    db.execute("DELETE FROM feedback")
    for _ in range(100):
        assert badged.badges(TENANTS[0])["feedback"] == 1
    assert answer().headers["Badged-Stale"] is None
    db.execute("ROLLBACK")
    db.execute("PRAGMA locking_mode = EXCLUSIVE")  # behind this one there is
    db.execute(add)
    stale = eventually(lambda: answer().headers["Badged-Stale"])
    assert int(stale) >= 0
    assert badged.badges(TENANTS[0])["feedback"] == 1
    assert b"locked" in badged.get("/readyz?verbose").body
    db.close()
    eventually(lambda: answer().headers["Badged-Stale"] is None)
    assert badged.badges(TENANTS[0])["feedback"] == 2
