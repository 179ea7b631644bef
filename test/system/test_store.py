"""The tables of the embedded database, as other programs meet them: the sqlite3 shell, and a script.

What opening a file does, down to a kill between two writes, is in test/unit/store.
"""
import hashlib
import re
import sqlite3
import subprocess
import time

import pytest

from badged import ROOT, Badged, eventually, run

TABLES = ROOT / "sql" / "sqlite" / "001_tables.sql"
TENANT = "11111111-1111-4111-8111-111111111111"
OTHER = "22222222-2222-4222-8222-222222222222"
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
OLD = "2020-01-01T00:00:00.000Z"

# The sources of the built-in badges, and the index that serves each.
SOURCES = [
    ("crawl_attempts", "status = 'failed' AND can_retry", "crawl_attempts_retryable"),
    ("page_failures", "NOT is_resolved", "page_failures_unresolved"),
    ("integration_outbox", "status = 'failed' AND conversation_id IS NOT NULL",
     "integration_outbox_failed_conversations"),
    ("feedback", "priority IN ('urgent', 'high') AND resolved_at IS NULL", "feedback_pressing"),
    ("integrations", "status IN ('error', 'disabled')", "integrations_broken"),
    ("integration_outbox", "status = 'failed'", "integration_outbox_failed"),
]

# What a row needs besides its tenant.
NEEDED = {
    "tenant_sites": {"name": "Shop", "domain": "shop.example"},
    "conversations": {},
    "crawl_attempts": {"source_url": "https://shop.example/"},
    "page_failures": {"page_url": "https://shop.example/a"},
    "feedback": {"title": "Too slow"},
    "integrations": {"provider": "slack", "name": "#help"},
    "integration_outbox": {"provider": "slack"},
}


def shell(path, text):
    """What the sqlite3 shell says to text, run as somebody would who has the file open."""
    return subprocess.run(["sqlite3", "-bail", str(path)], input=text, text=True, capture_output=True, timeout=60)


def insert(db, table, **values):
    """Insert a row of the tenant, and return its id."""
    values = {"tenant_id": TENANT, **NEEDED[table], **values}
    if table == "page_failures" and "crawl_attempt_id" not in values:
        values["crawl_attempt_id"] = insert(db, "crawl_attempts")
    names, marks = ", ".join(values), ", ".join("?" * len(values))
    cursor = db.execute(f"INSERT INTO {table} ({names}) VALUES ({marks}) RETURNING id", list(values.values()))
    return cursor.fetchone()[0]


def plan(db, query):
    return " ".join(row[3] for row in db.execute("EXPLAIN QUERY PLAN " + query))


def count(db, table):
    return db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """The bytes of a file whose tables the sqlite3 shell made."""
    path = tmp_path_factory.mktemp("made") / "badged.db"
    done = shell(path, TABLES.read_text())
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    return path.read_bytes()


@pytest.fixture
def path(tmp_path, made):
    path = tmp_path / "badged.db"
    path.write_bytes(made)
    return path


@pytest.fixture
def db(path):
    """A connection that minds references, with two tenants."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA foreign_keys = ON")
    db.execute("PRAGMA synchronous = OFF")  # that a commit is on the platter is not what is tested
    db.execute("INSERT INTO tenants (id, name, slug) VALUES (?, 'One', 'one'), (?, 'Other', 'other')", (TENANT, OTHER))
    yield db
    db.close()


# ---- rows ----

@pytest.mark.parametrize("table", ["tenants", *NEEDED])
def test_ids_and_times_are_made_by_default(db, table):
    if table == "tenants":
        row_id = db.execute("INSERT INTO tenants (name, slug) VALUES ('Third', 'third') RETURNING id").fetchone()[0]
    else:
        row_id = insert(db, table)
    columns = {row[1] for row in db.execute(f"PRAGMA table_info({table})")}
    if table == "integration_outbox":
        assert isinstance(row_id, int)
    else:
        assert UUID.fullmatch(row_id)
    for column in columns & {"created_at", "updated_at"}:
        value = db.execute(f"SELECT {column} FROM {table} WHERE id = ?", (row_id,)).fetchone()[0]
        assert TIME.fullmatch(value)


def test_a_thousand_default_ids_are_uuids_and_differ(db):
    db.execute("WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 1000)"
               " INSERT INTO conversations (tenant_id) SELECT ? FROM n", (TENANT,))
    ids = [row[0] for row in db.execute("SELECT id FROM conversations")]
    assert len(set(ids)) == 1000 and all(map(UUID.fullmatch, ids))


@pytest.mark.parametrize("wrong", [
    "", "x", TENANT.upper().replace("1", "A"), TENANT[:-1], TENANT + "1", TENANT.replace("-", ""), "-" * 36,
    "g" + TENANT[1:], TENANT[:-1] + "-", TENANT + "\0", TENANT[:-1] + "\0", "{" + TENANT[1:-1] + "}",
    TENANT.encode(), 7, None,
])
@pytest.mark.parametrize("table", ["tenants", *(t for t in NEEDED if t != "integration_outbox")])
def test_an_id_that_is_no_uuid_in_lower_case_is_refused(db, table, wrong):
    with pytest.raises(sqlite3.IntegrityError, match="CHECK|NOT NULL"):
        if table == "tenants":
            db.execute("INSERT INTO tenants (id, name, slug) VALUES (?, 'Third', 'third')", (wrong,))
        else:
            insert(db, table, id=wrong)


ENUMS = [
    ("crawl_attempts", "source_type", ["url", "sitemap", "manual"], False),
    ("crawl_attempts", "status", ["pending", "crawling", "success", "failed", "skipped"], False),
    ("crawl_attempts", "error_type", ["network", "auth", "conflict", "timeout", "server", "parsing"], True),
    ("page_failures", "error_type", ["network", "auth", "conflict", "timeout", "server", "parsing", "content"], True),
    ("feedback", "type", ["bug", "feature_request", "improvement", "general", "ui_ux", "performance"], False),
    ("feedback", "priority", ["low", "medium", "high", "urgent"], False),
    ("feedback", "status",
     ["open", "in_review", "planned", "in_progress", "completed", "rejected", "duplicate"], False),
    ("integrations", "status", ["active", "disabled", "error"], False),
    ("integration_outbox", "status", ["pending", "sent", "failed"], False),
]


@pytest.mark.parametrize("table, column, values, may_be_null", ENUMS)
def test_a_column_of_words_takes_its_words_only(db, table, column, values, may_be_null):
    for value in values + ([None] if may_be_null else []):
        insert(db, table, **{column: value})
    for wrong in ["", "Failed", "failed ", "other", b"failed", 1] + ([] if may_be_null else [None]):
        with pytest.raises(sqlite3.IntegrityError, match="CHECK|NOT NULL"):
            insert(db, table, **{column: wrong})


def columns_declared(db, declared):
    return [(table, row[1]) for table in NEEDED for row in db.execute(f"PRAGMA table_info({table})")
            if row[2] == declared and not row[5]]


def test_a_boolean_is_0_or_1(db):
    columns = columns_declared(db, "BOOLEAN")
    assert set(columns) == {("crawl_attempts", "can_retry"), ("page_failures", "is_resolved")}
    for table, column in columns:
        for value in (0, 1, True, False):
            insert(db, table, **{column: value})
        for wrong in (2, -1, "true", "t", 0.5, b"1", None):
            with pytest.raises(sqlite3.IntegrityError):
                insert(db, table, **{column: wrong})


def test_a_timestamp_has_one_form_so_that_bytes_sort_as_times(db):
    columns = columns_declared(db, "TIMESTAMP")
    assert len(columns) == 17
    for table, column in columns:
        insert(db, table, **{column: "2026-11-23T10:00:00.000Z"})
        for wrong in ("2026-11-23", "2026-11-23 10:00:00", "2026-11-23T10:00:00Z", "2026-11-23T10:00:00.000+00:00",
                      "now", "", 1795687200):
            with pytest.raises(sqlite3.IntegrityError):
                insert(db, table, **{column: wrong})


def test_an_integer_is_a_number_in_its_range(db):
    columns = columns_declared(db, "INTEGER")
    assert len(columns) == 10
    for table, column in columns:
        insert(db, table, **{column: 1})
        for wrong in (-1, "many", b"1"):
            with pytest.raises(sqlite3.IntegrityError):
                insert(db, table, **{column: wrong})


@pytest.mark.parametrize("table, column", [
    ("crawl_attempts", "error_details"), ("page_failures", "error_details"), ("feedback", "browser_info"),
    ("feedback", "tags"), ("feedback", "metadata"), ("integrations", "credentials"), ("integrations", "config"),
    ("integration_outbox", "payload"), ("integration_outbox", "message_context"),
])
def test_json_parses(db, table, column):
    insert(db, table, **{column: '{"a": [1, null]}'})
    for wrong in ("", "{", "{a: 1}"):
        with pytest.raises(sqlite3.IntegrityError):
            insert(db, table, **{column: wrong})


def test_a_domain_is_a_tenants_only_once(db):
    insert(db, "tenant_sites")
    insert(db, "tenant_sites", tenant_id=OTHER)
    with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
        insert(db, "tenant_sites")


def test_the_id_of_a_delivery_is_never_given_again(db):
    first = insert(db, "integration_outbox")
    db.execute("DELETE FROM integration_outbox")
    assert insert(db, "integration_outbox") > first


# ---- references ----

def fill(db, tenant):
    """One row in every table, each referring to the others wherever it can."""
    site = insert(db, "tenant_sites", tenant_id=tenant)
    conversation = insert(db, "conversations", tenant_id=tenant)
    crawl = insert(db, "crawl_attempts", tenant_id=tenant, site_id=site)
    integration = insert(db, "integrations", tenant_id=tenant)
    insert(db, "page_failures", tenant_id=tenant, crawl_attempt_id=crawl)
    insert(db, "feedback", tenant_id=tenant, conversation_id=conversation)
    insert(db, "integration_outbox", tenant_id=tenant, conversation_id=conversation, integration_id=integration)
    return {"tenant_sites": site, "conversations": conversation, "crawl_attempts": crawl, "integrations": integration}


def test_deleting_a_tenant_deletes_its_rows_and_no_others(db):
    fill(db, TENANT)
    fill(db, OTHER)
    db.execute("DELETE FROM tenants WHERE id = ?", (TENANT,))
    for table in NEEDED:
        assert db.execute(f"SELECT tenant_id FROM {table}").fetchall() == [(OTHER,)], table


@pytest.mark.parametrize("deleted, gone, cleared", [
    ("tenant_sites", {"crawl_attempts", "page_failures"}, []),
    ("crawl_attempts", {"page_failures"}, []),
    ("conversations", {"integration_outbox"}, [("feedback", "conversation_id")]),
    ("integrations", set(), [("integration_outbox", "integration_id")]),
])
def test_deleting_a_row_takes_what_is_nothing_without_it(db, deleted, gone, cleared):
    ids = fill(db, TENANT)
    db.execute(f"DELETE FROM {deleted} WHERE id = ?", (ids[deleted],))
    for table in NEEDED:
        assert count(db, table) == (0 if table in gone | {deleted} else 1), table
    for table, column in cleared:
        assert db.execute(f"SELECT {column} FROM {table}").fetchone() == (None,)
    assert db.execute("PRAGMA foreign_key_check").fetchall() == []


@pytest.mark.parametrize("table, column", [
    *((table, "tenant_id") for table in NEEDED),
    ("crawl_attempts", "site_id"), ("page_failures", "crawl_attempt_id"), ("feedback", "conversation_id"),
    ("integration_outbox", "conversation_id"), ("integration_outbox", "integration_id"),
])
def test_a_reference_to_nothing_is_refused(db, table, column):
    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
        insert(db, table, **{column: "33333333-3333-4333-8333-333333333333"})


def test_no_delete_of_a_row_reads_a_whole_table(db):
    """Every column that refers to another table leads an index, which the query for its referrers uses."""
    for table in NEEDED:
        for row in db.execute(f"PRAGMA foreign_key_list({table})").fetchall():
            found = plan(db, f"SELECT 1 FROM {table} WHERE {row[3]} = 'x'")
            assert f"SEARCH {table} USING" in found, (table, row[3], found)


# ---- indexes ----

# What makes a row match no badge, and one.
EXAMPLES = {
    "crawl_attempts": ({"status": "success"}, {"status": "failed"}),
    "page_failures": ({"is_resolved": 1}, {}),
    "feedback": ({}, {"priority": "urgent"}),
    "integrations": ({}, {"status": "error"}),
    "integration_outbox": ({"status": "sent"}, {"status": "failed"}),
}


@pytest.mark.parametrize("analyzed", [False, True])
@pytest.mark.parametrize("table, where, index", SOURCES)
def test_a_badge_is_counted_and_listed_by_its_own_index(db, table, where, index, analyzed):
    if analyzed:  # with rows of which few match, as in life
        quiet, pressing = EXAMPLES[table]
        conversation = insert(db, "conversations")
        for i in range(200):
            insert(db, table, **quiet)
        for i in range(5):
            more = {"conversation_id": conversation} if table == "integration_outbox" and i % 2 else {}
            insert(db, table, **pressing, **more)
        db.execute("ANALYZE")
    assert f"INDEX {index} " in plan(db, f"SELECT count(*) FROM {table} WHERE tenant_id = 'x' AND ({where})")
    if index == "integration_outbox_failed_conversations":
        counted = f"SELECT count(DISTINCT conversation_id) FROM {table} WHERE tenant_id = 'x' AND ({where})"
        assert f"INDEX {index} " in plan(db, counted) and "TEMP B-TREE" not in plan(db, counted)
        return  # its list has the order of the other index on the same table
    listed = plan(db, f"SELECT * FROM {table} WHERE tenant_id = 'x' AND ({where})"
                      " AND (created_at, id) < ('2026', 'x') ORDER BY created_at DESC, id DESC LIMIT 50")
    assert f"INDEX {index} " in listed and "TEMP B-TREE" not in listed


def test_the_worker_finds_due_deliveries_by_an_index(db):
    found = plan(db, "SELECT id FROM integration_outbox WHERE status = 'pending' AND next_attempt_at <= 'x'"
                     " ORDER BY next_attempt_at LIMIT 10")
    assert "INDEX integration_outbox_due " in found and "TEMP B-TREE" not in found


def test_the_predicates_of_the_indexes_are_those_of_the_design(db):
    for table, where, index in SOURCES:
        text = db.execute("SELECT sql FROM sqlite_schema WHERE name = ?", (index,)).fetchone()[0]
        assert re.sub(r"\s+", " ", text).endswith(f" WHERE {where}")


# ---- triggers ----

@pytest.mark.parametrize("recursive", ["OFF", "ON"])
@pytest.mark.parametrize("table, change", [
    ("crawl_attempts", "status = 'failed'"), ("page_failures", "is_resolved = 1"), ("feedback", "status = 'planned'"),
    ("integrations", "status = 'error'"),
])
def test_updated_at_follows_an_update_unless_the_writer_sets_it(db, table, change, recursive):
    db.execute(f"PRAGMA recursive_triggers = {recursive}")
    row_id = insert(db, table, created_at=OLD, updated_at=OLD)
    same = insert(db, table, created_at=OLD, updated_at=OLD)

    def updated_at(which):
        return db.execute(f"SELECT updated_at FROM {table} WHERE id = ?", (which,)).fetchone()[0]
    db.execute(f"UPDATE {table} SET {change} WHERE id = ?", (row_id,))
    assert updated_at(row_id) > "2026" and TIME.fullmatch(updated_at(row_id))
    assert updated_at(same) == OLD
    db.execute(f"UPDATE {table} SET {change}, updated_at = '2021-01-01T00:00:00.000Z' WHERE id = ?", (row_id,))
    assert updated_at(row_id) == "2021-01-01T00:00:00.000Z"
    for _ in range(50):  # several in one millisecond
        db.execute(f"UPDATE {table} SET {change}")
    assert updated_at(same) > "2026"
    assert db.execute(f"SELECT created_at FROM {table} WHERE id = ?", (row_id,)).fetchone()[0] == OLD


def test_the_change_log_keeps_its_last_entries(db):
    db.execute("BEGIN")
    db.execute("WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 262144 + 5000)"
               ' INSERT INTO badged_change ("table", row) SELECT \'feedback\', i FROM n')
    db.execute("COMMIT")
    query = "SELECT min(seq), max(seq), count(*), max(row) FROM badged_change"
    first, last, entries, rows = db.execute(query).fetchone()
    assert last == rows == 262144 + 5000
    assert 262144 <= entries < 262144 + 1024
    assert entries == last - first + 1
    assert db.execute("SELECT count(DISTINCT salt) FROM badged_change").fetchone()[0] > entries * 0.99


def test_an_entry_of_the_change_log_costs_the_same_when_it_is_full(db):
    """Which it would not if every insert deleted: counted in steps of SQLite's virtual machine, not in time."""
    def steps(n):
        ticks = 0

        def tick():
            nonlocal ticks
            ticks += 1
        db.set_progress_handler(tick, 100)
        db.execute("BEGIN")
        for i in range(n):
            db.execute("INSERT INTO badged_change (\"table\", row) VALUES ('feedback', ?)", (i,))
        db.execute("COMMIT")
        db.set_progress_handler(None, 0)
        return ticks
    empty = steps(4096)
    db.execute("BEGIN")
    db.execute("WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 262144)"
               ' INSERT INTO badged_change ("table", row) SELECT \'feedback\', i FROM n')
    db.execute("COMMIT")
    assert steps(4096) < empty * 3


# ---- the file ----

def test_the_file_carries_badged_s_marks(path):
    db = sqlite3.connect(path)
    assert db.execute("PRAGMA application_id").fetchone() == (int.from_bytes(b"bdgd", "big"),)
    assert db.execute("PRAGMA user_version").fetchone() == (1,)
    assert db.execute("SELECT * FROM badged_meta").fetchall() == [("timeline", 1)]
    db.close()


def test_making_the_tables_twice_fails_and_changes_nothing(path):
    before = hashlib.sha256(path.read_bytes()).digest()
    done = shell(path, TABLES.read_text())
    assert done.returncode != 0 and "already exists" in done.stderr
    assert hashlib.sha256(path.read_bytes()).digest() == before


def test_badged_serves_a_file_that_the_shell_made(path):
    with Badged.serve(f"sqlite:{path}") as badged:
        assert badged.badges(TENANT)["feedback"] is None
        shell(path, f"INSERT INTO tenants (id, name, slug) VALUES ('{TENANT}', 'One', 'one');"
                    f"INSERT INTO feedback (tenant_id, title, priority) VALUES ('{TENANT}', 'x', 'high');")
        eventually(lambda: badged.badges(TENANT)["feedback"] == 1)


def test_badged_and_the_shell_make_the_same_tables(path, database):
    with Badged.serve(f"sqlite:{database}"):
        pass
    query = "SELECT name, sql FROM sqlite_schema WHERE name NOT LIKE 'badged_feed%' AND sql IS NOT NULL ORDER BY name"
    made = dict(sqlite3.connect(database).execute(query).fetchall())
    expected = dict(sqlite3.connect(path).execute(query).fetchall())
    assert {name: made.get(name) for name in expected} == expected


def refused(path, code, *words):
    """badged refuses to serve the file, says why in these words, and leaves it as it was."""
    before = path.read_bytes()
    done = run("serve", "--database", f"sqlite:{path}", "--listen", "127.0.0.1:0", "--auth", "none")
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    for word in (str(path), *words):
        assert word in done.stderr
    assert path.read_bytes() == before


def test_serve_refuses_another_programs_database(tmp_path):
    path = tmp_path / "songs.db"
    shell(path, "CREATE TABLE songs (title); INSERT INTO songs VALUES ('x');")
    refused(path, 72, "another program", "name a file that is not there yet")


def test_serve_refuses_a_newer_version(path):
    shell(path, "PRAGMA user_version = 99;")
    refused(path, 72, "version 99", "newer badged")


def test_serve_refuses_a_damaged_file(path):
    data = bytearray(path.read_bytes())
    data[4096:8192] = b"\xa5" * 4096
    path.write_bytes(data)
    refused(path, 76, "restore it from a backup")


def test_serve_refuses_a_truncated_file(path):
    path.write_bytes(path.read_bytes()[:-4096 * 3])
    refused(path, 76, "it was left as it is")


def test_serve_refuses_a_file_that_somebody_keeps_locked(path):
    # Another process: in this one, the first close of any handle of the file would drop its locks.
    holder = subprocess.Popen(["sqlite3", str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        holder.stdin.write("BEGIN EXCLUSIVE;\n.print held\n")
        holder.stdin.flush()
        assert holder.stdout.readline() == "held\n"
        start = time.monotonic()
        refused(path, 75, "database is locked", f"process {holder.pid} (sqlite3) holds it", "start badged again")
        assert time.monotonic() - start > 4  # it waited first
    finally:
        holder.communicate(timeout=30)
    assert holder.returncode == 0
