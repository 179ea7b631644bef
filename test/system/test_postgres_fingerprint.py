"""The fingerprint that the feed looks at once a second: it changes with all that the counts rest on, and with nothing
else, and nobody's lock holds it up."""
import json

import pytest

from badged import ROOT
from postgres import server_version

SQL = (ROOT / "sql" / "postgres" / "feed" / "fingerprint.sql").read_text()
WANTED = [{"schema": "public", "table": "events", "columns": ["tenant_id", "status"]},
          {"schema": "public", "table": "feedback", "columns": ["tenant_id", "priority"]}]
TABLES = """
CREATE TYPE stage AS ENUM ('open', 'shut');
CREATE DOMAIN step AS stage;
CREATE TABLE events (id bigint, at date, tenant_id uuid, status step, note text, PRIMARY KEY (id, at))
    PARTITION BY RANGE (at);
CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM ('2026-02-01') TO ('2026-03-01') PARTITION BY LIST (id);
CREATE TABLE events_21 PARTITION OF events_2 FOR VALUES IN (1);
CREATE TABLE loose (LIKE events INCLUDING ALL);
CREATE TABLE other (id int PRIMARY KEY);
ALTER PUBLICATION badged ADD TABLE events;
GRANT SELECT ON events TO badged;
"""


@pytest.fixture
def watched(postgres):
    postgres.sql(TABLES)
    postgres.watcher = postgres.connect("badged", options="-c lock_timeout=2000 -c statement_timeout=60000")
    postgres.watcher.sql(f"SET row_security = off; SET search_path = pg_catalog; PREPARE fingerprint AS {SQL}")
    yield postgres
    postgres.watcher.close()


def fingerprint(database):
    ((text, wal_end, is_in_recovery),) = database.watcher.sql(
        "EXECUTE fingerprint (%s, 'badged')", (json.dumps(WANTED),))
    assert len(text) == 32 and wal_end > 0 and not is_in_recovery
    return text


CHANGES = [
    "TRUNCATE events_21",
    "VACUUM FULL events_1",
    "ALTER TABLE feedback ALTER COLUMN priority TYPE text USING lower(priority || '')",
    "ALTER TABLE feedback ALTER COLUMN priority TYPE varchar(100)",
    "ALTER TABLE feedback RENAME COLUMN priority TO urgency",
    "ALTER TABLE feedback DROP COLUMN priority; ALTER TABLE feedback ADD COLUMN priority text",
    "ALTER TABLE feedback RENAME TO old; CREATE TABLE feedback (LIKE old INCLUDING ALL)",
    "ALTER TABLE feedback REPLICA IDENTITY FULL",
    "ALTER TABLE events_21 REPLICA IDENTITY NOTHING",
    "ALTER TABLE feedback DROP CONSTRAINT feedback_pkey",
    "ALTER TABLE events ATTACH PARTITION loose FOR VALUES FROM ('2026-03-01') TO ('2026-04-01')",
    "ALTER TABLE events DETACH PARTITION events_1",
    "DROP TABLE events_21",
    "CREATE TABLE events_22 PARTITION OF events_2 FOR VALUES IN (2)",
    "ALTER TYPE stage RENAME VALUE 'open' TO 'closed'",
    "ALTER TABLE feedback ENABLE ROW LEVEL SECURITY; ALTER ROLE badged NOBYPASSRLS",
    "REVOKE SELECT ON feedback FROM badged",
    "REVOKE USAGE ON SCHEMA public FROM PUBLIC",
    "ALTER PUBLICATION badged DROP TABLE feedback",
    "ALTER PUBLICATION badged SET (publish = 'insert')",
    "ALTER PUBLICATION badged SET (publish_via_partition_root = true)",
    "DROP PUBLICATION badged",
    "DROP PUBLICATION badged; CREATE PUBLICATION badged FOR ALL TABLES",
    # and back again
    "ALTER TABLE events DETACH PARTITION events_1; "
    "ALTER TABLE events ATTACH PARTITION events_1 FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')",
    "ALTER TABLE events_2 DETACH PARTITION events_21; "
    "ALTER TABLE events_2 ATTACH PARTITION events_21 FOR VALUES IN (1)",
    "ALTER PUBLICATION badged SET (publish = 'insert'); "
    "ALTER PUBLICATION badged SET (publish = 'insert, update, delete, truncate')",
    "ALTER TABLE feedback RENAME COLUMN priority TO urgency; ALTER TABLE feedback RENAME COLUMN urgency TO priority",
    "ALTER TYPE stage RENAME VALUE 'open' TO 'closed'; ALTER TYPE stage RENAME VALUE 'closed' TO 'open'",
    "ALTER TABLE feedback DROP CONSTRAINT feedback_pkey; ALTER TABLE feedback ADD PRIMARY KEY (id)",
    "ALTER TABLE feedback RENAME TO old; ALTER TABLE old RENAME TO feedback",
    "CREATE SCHEMA attic; ALTER TABLE events_1 SET SCHEMA attic; ALTER TABLE attic.events_1 SET SCHEMA public",
]
if server_version() >= 15:
    CHANGES += [
        "ALTER PUBLICATION badged ADD TABLES IN SCHEMA public",
        "ALTER PUBLICATION badged DROP TABLE feedback; ALTER PUBLICATION badged ADD TABLE feedback (id, priority)",
        "ALTER PUBLICATION badged DROP TABLE feedback; "
        "ALTER PUBLICATION badged ADD TABLE feedback WHERE (id IS NOT NULL)",
    ]


@pytest.mark.parametrize("change", CHANGES, ids=lambda s: s[:70])
def test_it_changes_with(watched, change):
    before = fingerprint(watched)
    try:
        for statement in change.split("; "):
            watched.sql(statement)
        assert fingerprint(watched) != before
    finally:
        watched.sql("ALTER ROLE badged BYPASSRLS")


@pytest.mark.parametrize("change", [
    "ALTER ROLE badged NOBYPASSRLS; ALTER TABLE other ENABLE ROW LEVEL SECURITY; ALTER ROLE badged BYPASSRLS",
    "INSERT INTO events VALUES (1, '2026-02-02', NULL, 'open', 'x'); DELETE FROM events; VACUUM ANALYZE",
    "ALTER TABLE feedback ADD COLUMN more int; ALTER TABLE events DROP COLUMN note",
    "CREATE INDEX ON feedback (priority); REINDEX TABLE CONCURRENTLY feedback",
    "CREATE TABLE more (id int); DROP TABLE other",
    "ALTER TABLE feedback ALTER COLUMN title SET DEFAULT 'low'",
    "ALTER PUBLICATION badged ADD TABLE other",
], ids=lambda s: s[:70])
def test_it_does_not_change_with(watched, change):
    before = fingerprint(watched)
    for statement in change.split("; "):
        watched.sql(statement)
    assert fingerprint(watched) == before


def test_a_detachment_that_waits_is_told(watched):
    """DETACH … CONCURRENTLY waits for readers, between two commits of its own."""
    before = fingerprint(watched)
    reader, detacher = watched.connect(), watched.connect(options="-c statement_timeout=1000")
    reader.sql("BEGIN; SELECT count(*) FROM events")
    with pytest.raises(Exception, match="statement timeout"):
        detacher.sql("ALTER TABLE events DETACH PARTITION events_1 CONCURRENTLY")
    assert fingerprint(watched) != before
    reader.close()
    detacher.close()


def test_no_lock_holds_it_up(watched):
    before = fingerprint(watched)
    locker = watched.connect()
    locker.sql("BEGIN; LOCK TABLE events, events_1, events_21, feedback IN ACCESS EXCLUSIVE MODE")
    assert fingerprint(watched) == before
    assert watched.value("SELECT count(*) FROM pg_locks WHERE pid = %s AND NOT granted",
                         (watched.watcher.info.backend_pid,)) == 0
    locker.close()


@pytest.mark.skipif(server_version() < 15, reason="schemas are published from Postgres 15 on")
def test_a_schema_that_is_published_anew_is_told(watched):
    watched.sql("ALTER PUBLICATION badged ADD TABLES IN SCHEMA public")
    before = fingerprint(watched)
    watched.sql("ALTER PUBLICATION badged DROP TABLES IN SCHEMA public")
    watched.sql("ALTER PUBLICATION badged ADD TABLES IN SCHEMA public")
    assert fingerprint(watched) != before


def test_a_table_that_is_missing_is_no_error(watched):
    before = fingerprint(watched)
    watched.sql("DROP TABLE feedback")
    assert fingerprint(watched) != before
