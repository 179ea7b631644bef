"""`badged check` on Postgres: each thing that can be wrong is found, and the statement that it prints mends it."""
import json
import re

import pytest

from badged import eventually, run
from postgres import Cluster, server_version

EVENTS = """
badges:
  - name: events.open
    count:
      - { table: events, where: "status = 'open'" }
"""
ORDER = ["server", "tables", "columns", "predicates", "right to read", "row security", "wal_level",
         "right to replicate", "replication slots", "WAL senders", "replica identity", "keys", "storage",
         "generated columns", "publication", "published changes", "published tables", "published columns",
         "row filters", "long values", "wal_sender_timeout", "WAL kept", "open transactions"]


class Report:
    """What `badged check --json` says of a database."""

    def __init__(self, url, tmp_path, definitions=None):
        args = ["check", "--json", "--database", url]
        if definitions is not None:
            (tmp_path / "badged.yaml").write_text(definitions)
        done = run(*args, cwd=tmp_path)
        assert done.stdout, done.stderr
        self.exit_code, self.answer = done.returncode, json.loads(done.stdout)
        self.checks = {check["name"]: check for check in self.answer["checks"]}

    def wrong(self):
        return {name: check["verdict"] for name, check in self.checks.items()
                if check["verdict"] not in ("ok", "skipped")}

    def statements(self, name):
        """What a check says mends it, without lines that are no SQL."""
        lines = self.checks[name]["mend"].splitlines()
        return "\n".join(line for line in lines if not line.endswith(":"))


def mend(database, report, name):
    for statement in report.statements(name).split("; "):
        database.sql(statement)


def test_a_database_that_is_set_up_passes(postgres, tmp_path):
    report = Report(postgres.url(), tmp_path)
    assert report.wrong() == {}
    assert list(report.checks) == [*ORDER, "replication connection"]
    assert report.exit_code == 0
    assert report.answer["verdict"] == "ok" and report.answer["can_stream"] and report.answer["can_count"]


def test_it_is_a_table_for_people(postgres, tmp_path):
    postgres.sql("DROP PUBLICATION badged")
    done = run("check", "--database", postgres.url(), cwd=tmp_path)
    assert done.returncode == 78
    assert re.search(r"^\[✓\] wal_level +logical$", done.stdout, re.M)
    assert re.search(r"^\[✗\] publication +there is no publication named badged$", done.stdout, re.M)
    assert re.search(r"^    mend   CREATE PUBLICATION badged FOR TABLE$", done.stdout, re.M)


def test_nothing_is_altered(postgres, tmp_path):
    """The role could not, and nobody's row of the catalog has another version afterwards."""
    def catalog():
        return postgres.sql("SELECT xmin::text, oid FROM pg_class UNION ALL SELECT xmin::text, oid FROM pg_publication "
                            "UNION ALL SELECT xmin::text, oid FROM pg_authid ORDER BY 2, 1")
    postgres.sql("DROP PUBLICATION badged")
    before = catalog()
    Report(postgres.url("postgres"), tmp_path)
    assert catalog() == before


# (check, verdict, what breaks it on the tables of badged)
BROKEN = [
    ("right to read", "no_counts", "REVOKE SELECT ON feedback FROM badged"),
    ("right to read", "no_counts", "REVOKE USAGE ON SCHEMA public FROM PUBLIC"),
    ("replica identity", "no_stream", "ALTER TABLE feedback REPLICA IDENTITY NOTHING"),
    ("replica identity", "no_stream", "ALTER TABLE feedback DROP CONSTRAINT feedback_pkey"),
    ("replica identity", "no_stream", "ALTER TABLE feedback DROP CONSTRAINT feedback_pkey; "
                                      "ALTER TABLE feedback DROP COLUMN id"),
    ("replica identity", "no_stream", "ALTER TABLE feedback DROP CONSTRAINT feedback_pkey; "
                                      "CREATE UNIQUE INDEX \"The Index\" ON feedback (id)"),
    ("replica identity", "no_stream", "ALTER TABLE feedback DROP CONSTRAINT feedback_pkey, "
                                      "ADD CONSTRAINT \"Key\" PRIMARY KEY (id) DEFERRABLE"),
    ("keys", "no_stream", "ALTER TABLE feedback DROP CONSTRAINT feedback_pkey; "
                          "ALTER TABLE feedback REPLICA IDENTITY FULL"),
    ("publication", "no_stream", "DROP PUBLICATION badged"),
    ("publication", "warning", "DROP PUBLICATION badged; CREATE PUBLICATION badged FOR ALL TABLES"),
    ("published changes", "no_stream", "ALTER PUBLICATION badged SET (publish = 'insert')"),
    ("published changes", "no_stream", "ALTER PUBLICATION badged SET (publish = 'insert, update, delete')"),
    ("published tables", "no_stream", "ALTER PUBLICATION badged DROP TABLE feedback, integrations"),
    ("long values", "warning", "INSERT INTO tenants (name, slug) VALUES ('a', 'a'); ALTER TABLE feedback "
                               "DROP CONSTRAINT feedback_priority_check; INSERT INTO feedback (tenant_id, title, type, "
                               "priority) SELECT id, 't', 'bug', repeat('x', 100) FROM tenants; ANALYZE feedback"),
]
LONG = BROKEN[-1][2]
if server_version() >= 15:  # publishes columns, rows and schemas
    BROKEN += [
        ("published columns", "no_stream", "ALTER PUBLICATION badged DROP TABLE feedback; "
                                           "ALTER PUBLICATION badged ADD TABLE feedback (id, tenant_id, priority)"),
        ("row filters", "no_stream", "ALTER PUBLICATION badged DROP TABLE feedback; "
                                     "ALTER PUBLICATION badged ADD TABLE feedback WHERE (id IS NOT NULL)"),
    ]


@pytest.mark.parametrize("check, verdict, broken", BROKEN, ids=lambda v: v if len(v) < 20 else v[:60])
def test_what_is_wrong_is_found_and_mended(postgres, tmp_path, check, verdict, broken):
    postgres.sql(broken)
    report = Report(postgres.url(), tmp_path)
    assert report.wrong() == {check: verdict}
    assert report.exit_code == (0 if verdict == "warning" else 78)
    mend(postgres, report, check)
    again = Report(postgres.url(), tmp_path)
    assert again.wrong() == {} and again.exit_code == 0


if server_version() >= 15:
    def test_a_long_value_of_a_listed_column_is_mended_without_harm(postgres, tmp_path):
        """REPLICA IDENTITY FULL does not go with a list of columns: it would make every UPDATE fail."""
        postgres.sql(LONG)
        postgres.sql("ALTER PUBLICATION badged DROP TABLE feedback; "
                     "ALTER PUBLICATION badged ADD TABLE feedback (id, tenant_id, priority, resolved_at)")
        report = Report(postgres.url(), tmp_path)
        assert report.wrong() == {"long values": "warning"}
        mend(postgres, report, "long values")
        assert Report(postgres.url(), tmp_path).wrong() == {}
        postgres.sql("UPDATE feedback SET title = 'u'")

    def test_a_publication_of_a_schema(postgres, tmp_path):
        postgres.sql("DROP PUBLICATION badged; CREATE PUBLICATION badged FOR TABLES IN SCHEMA public")
        assert Report(postgres.url(), tmp_path).wrong() == {}


def test_an_unlogged_table(postgres, tmp_path):
    postgres.sql("ALTER PUBLICATION badged DROP TABLE feedback; ALTER TABLE feedback SET UNLOGGED")
    report = Report(postgres.url(), tmp_path)
    assert report.wrong() == {"storage": "no_stream"}
    mend(postgres, report, "storage")
    report = Report(postgres.url(), tmp_path)
    assert report.wrong() == {"published tables": "no_stream"}
    mend(postgres, report, "published tables")
    assert Report(postgres.url(), tmp_path).wrong() == {}


def test_all_failures_are_reported_and_the_worst_decides(postgres, tmp_path):
    postgres.sql("REVOKE SELECT ON feedback FROM badged; ALTER TABLE integrations REPLICA IDENTITY NOTHING; "
                 "ALTER PUBLICATION badged SET (publish = 'insert')")
    report = Report(postgres.url(), tmp_path)
    assert report.wrong() == {"right to read": "no_counts", "replica identity": "no_stream",
                              "published changes": "no_stream"}
    assert report.answer["verdict"] == "no_counts" and not report.answer["can_count"]


@pytest.mark.parametrize("role, check, verdict", [("REPLICATION", "row security", "no_counts"),
                                                  ("BYPASSRLS", "right to replicate", "no_stream")])
def test_a_role_that_lacks_a_right(postgres, tmp_path, role, check, verdict):
    name = f"Lacking {role}"
    postgres.sql(f'CREATE ROLE "{name}" LOGIN {role}; GRANT SELECT ON ALL TABLES IN SCHEMA public TO "{name}"; '
                 "ALTER TABLE feedback ENABLE ROW LEVEL SECURITY")
    try:
        report = Report(postgres.url(name), tmp_path)
        assert report.wrong() == {check: verdict}
        mend(postgres, report, check)
        assert Report(postgres.url(name), tmp_path).wrong() == {}
    finally:
        postgres.sql(f'DROP OWNED BY "{name}"; DROP ROLE "{name}"')


def test_polling_is_enough_when_it_is_asked_for(postgres, tmp_path):
    postgres.sql("DROP PUBLICATION badged")
    done = run("check", "--feed", "poll", "--database", postgres.url(), cwd=tmp_path)
    assert done.returncode == 0 and "badged can poll it" in done.stdout


# Tables of other shapes


@pytest.mark.parametrize("table", [
    "events (id bigint PRIMARY KEY, tenant_id uuid NOT NULL, status text)",
    "events (tenant_id uuid, code text, status varchar(20), PRIMARY KEY (tenant_id, code))",
    "events (code text PRIMARY KEY, tenant_id text NOT NULL, status text COLLATE \"C\")",
    "events (\"Key\" int UNIQUE NOT NULL, tenant_id uuid, status text)",
], ids=["bigint", "composite", "text", "index"])
def test_a_table_of_another_shape_is_published_as_the_statement_says(postgres, tmp_path, table):
    postgres.sql(f"DROP PUBLICATION badged; CREATE TABLE {table}; GRANT SELECT ON events TO badged")
    if "UNIQUE" in table:
        postgres.sql('ALTER TABLE events REPLICA IDENTITY USING INDEX "events_Key_key"')
    report = Report(postgres.url(), tmp_path, EVENTS)
    assert report.wrong() == {"publication": "no_stream"}
    mend(postgres, report, "publication")
    assert Report(postgres.url(), tmp_path, EVENTS).wrong() == {}
    postgres.sql("INSERT INTO tenants (name, slug) VALUES ('a', 'a')")
    columns = "\"Key\"" if "UNIQUE" in table else "code" if "code" in table else "id"
    postgres.sql(f"INSERT INTO events ({columns}, tenant_id) SELECT 1, id FROM tenants; "
                 "UPDATE events SET status = 'open'; DELETE FROM events")


def test_odd_names_and_another_schema(postgres, tmp_path):
    postgres.sql("""
        CREATE SCHEMA "My Shop"; GRANT USAGE ON SCHEMA "My Shop" TO badged;
        CREATE TABLE "My Shop"."Order;""s" ("order" int PRIMARY KEY, "Tenant Id" uuid, "Is Late" bool);
        GRANT SELECT ON "My Shop"."Order;""s" TO badged""")
    definitions = """
badges:
  - name: orders.late
    count:
      - { schema: My Shop, table: 'Order;"s', tenant: Tenant Id, where: '"Is Late"' }
"""
    report = Report(postgres.url(), tmp_path, definitions)
    assert report.wrong() == {"published tables": "no_stream"}
    mend(postgres, report, "published tables")
    assert Report(postgres.url(), tmp_path, definitions).wrong() == {}


PARTITIONED = """
CREATE TABLE events (id bigint, at date, tenant_id uuid, status text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM ('2026-02-01') TO ('2026-03-01') PARTITION BY LIST (id);
CREATE TABLE "Events 21" PARTITION OF events_2 FOR VALUES IN (1);
GRANT SELECT ON events TO badged;
"""


@pytest.mark.parametrize("published", [
    "ADD TABLE events", "ADD TABLE events_1, events_2", "ADD TABLE events_1, \"Events 21\"",
    "ADD TABLE events; ALTER PUBLICATION badged SET (publish_via_partition_root = true)",
    "ADD TABLE events_1, events_2; ALTER PUBLICATION badged SET (publish_via_partition_root = true)"])
def test_a_partitioned_table_may_be_published_in_any_way(postgres, tmp_path, published):
    postgres.sql(PARTITIONED + f"ALTER PUBLICATION badged {published}")
    assert Report(postgres.url(), tmp_path, EVENTS).wrong() == {}


@pytest.mark.parametrize("check, broken", [
    ("published tables", ""),
    ("published tables", "ALTER PUBLICATION badged ADD TABLE events_1"),
    ("replica identity", "ALTER PUBLICATION badged ADD TABLE events; "
                         "ALTER TABLE \"Events 21\" REPLICA IDENTITY NOTHING"),
    ("keys", "ALTER PUBLICATION badged ADD TABLE events; ALTER TABLE events_1 ALTER COLUMN status SET NOT NULL; "
             "ALTER TABLE events_1 ALTER COLUMN tenant_id SET NOT NULL; CREATE UNIQUE INDEX odd ON events_1 (status); "
             "ALTER TABLE events_1 REPLICA IDENTITY USING INDEX odd"),
    ("storage", "ALTER PUBLICATION badged ADD TABLE events; ALTER TABLE \"Events 21\" SET UNLOGGED")])
def test_a_fault_of_one_partition_is_found_and_mended(postgres, tmp_path, check, broken):
    postgres.sql(PARTITIONED + broken)
    report = Report(postgres.url(), tmp_path, EVENTS)
    assert report.wrong() == {check: "no_stream"}
    mend(postgres, report, check)
    assert Report(postgres.url(), tmp_path, EVENTS).wrong() == {}


def test_a_partitioned_table_without_a_key(postgres, tmp_path):
    postgres.sql("CREATE TABLE events (id int, at date NOT NULL, tenant_id uuid, status text) PARTITION BY RANGE (at); "
                 "CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2026-02-01'); "
                 "GRANT SELECT ON events TO badged; ALTER PUBLICATION badged ADD TABLE events")
    report = Report(postgres.url(), tmp_path, EVENTS)
    assert report.wrong() == {"replica identity": "no_stream"}
    mend(postgres, report, "replica identity")
    assert Report(postgres.url(), tmp_path, EVENTS).wrong() == {}


def test_a_partition_that_is_published_as_what_is_above_it(postgres, tmp_path):
    postgres.sql(PARTITIONED + "GRANT SELECT ON events_2 TO badged; ALTER PUBLICATION badged ADD TABLE events; "
                 "ALTER PUBLICATION badged SET (publish_via_partition_root = true)")
    definitions = EVENTS.replace("table: events,", "table: events_2,")
    report = Report(postgres.url(), tmp_path, definitions)
    assert report.wrong() == {"published tables": "no_stream"}
    mend(postgres, report, "published tables")
    assert Report(postgres.url(), tmp_path, definitions).wrong() == {}


def test_a_table_and_a_partition_of_it_are_not_both_followed(postgres, tmp_path):
    postgres.sql(PARTITIONED + "GRANT SELECT ON events_1 TO badged; ALTER PUBLICATION badged ADD TABLE events")
    definitions = EVENTS + """
  - name: events.first
    count:
      - { table: events_1, where: "status = 'open'" }
"""
    report = Report(postgres.url(), tmp_path, definitions)
    assert report.wrong() == {"published tables": "no_stream"} and report.answer["can_count"]
    assert "public.events_1 is counted, and so is public.events" in report.checks["published tables"]["found"]


@pytest.mark.parametrize("check, create", [
    ("storage", "CREATE TABLE events (id int PRIMARY KEY, tenant_id uuid, status text); "
                "CREATE TABLE old_events () INHERITS (events)"),
    ("generated columns", "CREATE TABLE events (id int PRIMARY KEY, tenant_id uuid, "
                          "status text GENERATED ALWAYS AS ('open') STORED)")])
def test_what_can_be_polled_but_not_followed(postgres, tmp_path, check, create):
    postgres.sql(f"{create}; GRANT SELECT ON events TO badged; ALTER PUBLICATION badged ADD TABLE events")
    report = Report(postgres.url(), tmp_path, EVENTS)
    assert report.wrong() == {check: "no_stream"} and report.answer["can_count"]


def test_a_generated_column_is_made_a_plain_one(postgres, tmp_path):
    postgres.sql("CREATE TABLE events (id int PRIMARY KEY, tenant_id uuid, "
                 "status text GENERATED ALWAYS AS ('x') STORED); "
                 "GRANT SELECT ON events TO badged; ALTER PUBLICATION badged ADD TABLE events")
    mend(postgres, Report(postgres.url(), tmp_path, EVENTS), "generated columns")
    assert Report(postgres.url(), tmp_path, EVENTS).wrong() == {}


# Definitions that do not suit


@pytest.mark.parametrize("check, create, found", [
    ("tables", "CREATE TABLE event (id int)", 'there is one named "event"'),
    ("tables", "CREATE SCHEMA shop; CREATE TABLE shop.events (id int)", 'there is one in schema "shop"'),
    ("tables", "CREATE VIEW events AS SELECT 1 AS id", '"events" is a view'),
    ("tables", "CREATE MATERIALIZED VIEW events AS SELECT 1 AS id", '"events" is a materialized view'),
    ("columns", "CREATE TABLE events (id int PRIMARY KEY, \"Tenant_id\" uuid, status text)",
     'table "events" has no column "tenant_id"; there is one named "Tenant_id"'),
    ("columns", "CREATE TABLE events (id int PRIMARY KEY, tenant_id int, status text)",
     'column "tenant_id" cannot name a tenant'),
    ("predicates", "CREATE TABLE events (id int PRIMARY KEY, tenant_id uuid)", 'table "events" has no column "status"'),
    ("predicates", "CREATE TABLE events (id int PRIMARY KEY, tenant_id uuid, status int)", 'column "status"'),
    ("predicates", "CREATE TYPE stage AS ENUM ('new'); "
                   "CREATE TABLE events (id int PRIMARY KEY, tenant_id uuid, status stage)", "enum"),
    ("predicates", "CREATE TYPE stage AS ENUM ('open'); CREATE DOMAIN step AS stage; "
                   "CREATE TABLE events (id int PRIMARY KEY, tenant_id uuid, status step)",
     "takes IS NULL only"),
])
def test_a_definition_that_does_not_suit_is_shown_where_it_stands(postgres, tmp_path, check, create, found):
    postgres.sql(f"{create}; GRANT SELECT ON ALL TABLES IN SCHEMA public TO badged")
    report = Report(postgres.url(), tmp_path, EVENTS)
    assert report.wrong()[check] == "no_counts"
    assert found in report.checks[check]["found"]
    assert report.checks[check]["found"].startswith("badged.yaml:5:")
    if check == "predicates":
        assert report.checks[check]["found"].splitlines()[-1].strip() == "^"


def test_enums_and_domains_are_counted(postgres, tmp_path):
    postgres.sql("CREATE TYPE stage AS ENUM ('open', 'shut'); CREATE DOMAIN name AS text; CREATE DOMAIN who AS uuid; "
                 "CREATE TABLE events (id int PRIMARY KEY, tenant_id who, status stage); "
                 "GRANT SELECT ON events TO badged; ALTER PUBLICATION badged ADD TABLE events")
    assert Report(postgres.url(), tmp_path, EVENTS).wrong() == {}


# The server


def test_transactions_that_a_slot_would_wait_for(postgres, tmp_path):
    with_writes = postgres.connect()
    with_writes.sql("BEGIN; INSERT INTO tenants (name, slug) VALUES ('a', 'a'); PREPARE TRANSACTION 'it''s'")
    report = Report(postgres.url(), tmp_path)
    with_writes.close()
    assert report.wrong() == {"open transactions": "warning"} and report.exit_code == 0
    mend(postgres, report, "open transactions")
    assert Report(postgres.url(), tmp_path).wrong() == {}


def test_a_session_that_a_slot_would_wait_for(postgres, tmp_path):
    """It is named by whoever may see it; the reader may not, unless it is a member of pg_read_all_stats."""
    busy = postgres.connect()
    busy.sql("BEGIN; INSERT INTO tenants (name, slug) VALUES ('a', 'a')")
    pid = busy.info.backend_pid
    eventually(lambda: postgres.value("SELECT clock_timestamp() - xact_start > '11 s' FROM pg_stat_activity "
                                      "WHERE pid = %s", (pid,)), what="a transaction of 11 s")
    report = Report(postgres.url("postgres"), tmp_path)
    assert report.wrong() == {"open transactions": "warning"}
    assert report.checks["open transactions"]["mend"] == f"SELECT pg_terminate_backend({pid});"
    busy.close()


def test_a_server_that_is_not_set_up(tmp_path):
    wrong = {"wal_level": "minimal", "max_wal_senders": 0, "max_replication_slots": 0, "wal_sender_timeout": 0,
             "max_slot_wal_keep_size": "'64MB'"}
    with Cluster(wrong) as cluster, cluster.database() as database:
        report = Report(database.url(), tmp_path)
        assert report.wrong() == {"wal_level": "no_stream", "replication slots": "no_stream",
                                  "WAL senders": "no_stream", "wal_sender_timeout": "warning", "WAL kept": "warning"}
        for name in report.wrong():
            mend(database, report, name)
        cluster.restart()
        assert Report(database.url(), tmp_path).wrong() == {}


def test_a_standby_is_polled(tmp_path):
    with Cluster() as cluster:
        database = cluster.database()
        with cluster.standby() as standby:
            url = database.url(port=standby.port)
            report = Report(url, tmp_path)
            assert report.wrong() == {"server": "no_stream"} and report.answer["can_count"]


def test_a_database_in_another_encoding(cluster, tmp_path):
    cluster.sql("CREATE DATABASE old ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    try:
        report = Report(f"postgres://badged@127.0.0.1:{cluster.port}/old", tmp_path)
        assert report.checks["server"]["verdict"] == "no_counts"
        assert report.checks["server"]["mend"].splitlines()[1] == (
            "CREATE DATABASE old_utf8 ENCODING 'UTF8' TEMPLATE template0;")
    finally:
        cluster.sql("DROP DATABASE old")


def test_a_server_that_cannot_be_reached(tmp_path):
    done = run("check", "--database", "postgres://badged@127.0.0.1:1/none", cwd=tmp_path)
    assert done.returncode == 69 and "postgres://badged@127.0.0.1:1/none: connecting" in done.stderr
