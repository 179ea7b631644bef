"""`badged doctor` on Postgres: each thing that can be wrong is found, and what it prints mends it.

What following Postgres takes is made to fail in test_postgres_check.py: the doctor makes the same checks.
"""
import contextlib
import json
import os
import pty
import re
import subprocess
import threading

import pytest

from badged import Badged, environment, program, run
from doctoring import Diagnosis, take_the_advice
from migrating import A, B
from postgres import READER

USAGE, PROBLEMS, WARNINGS = 64, 1, 2
PREFLIGHT = ["server", "tables", "columns", "predicates", "right to read", "row security", "wal_level",
             "right to replicate", "replication slots", "WAL senders", "replica identity", "keys", "storage",
             "generated columns", "publication", "published changes", "published tables", "published columns",
             "row filters", "long values", "wal_sender_timeout", "WAL kept", "open transactions",
             "replication connection"]
TABLES = ["table crawl_attempts", "table page_failures", "table feedback", "table integrations",
          "table integration_outbox"]
CHECKS = ["connection", "locks", *PREFLIGHT, "right to create", "base tables", *TABLES, "indexes", "updated_at",
          "row ids", "foreign keys", "policies", "slots", "clock", "settings", "answers"]


@pytest.fixture(scope="session")
def migrated(cluster):
    """The name of a database that `badged migrate up` brought up to date, to copy."""
    database = cluster.database("template0")
    done = run("migrate", "up", "--database", database.url("postgres"))
    assert done.returncode == 0, done.stderr
    database.sql(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {READER}")
    cluster.admin.pop(database.name).close()  # what is copied must have no sessions
    return database.name


@pytest.fixture
def sound(cluster, migrated):
    """A database with nothing wrong."""
    with cluster.database(migrated) as database:
        yield database


def test_a_sound_database_passes_every_check(sound, tmp_path):
    diagnosis = Diagnosis(sound.url(), tmp_path, "--fail-on", "warning")
    assert diagnosis.wrong() == {} and diagnosis.exit_code == 0
    assert list(diagnosis.checks) == CHECKS
    assert (diagnosis.answer["problems"], diagnosis.answer["warnings"]) == (0, 0)
    assert re.search(r"PostgreSQL \d+.* at 127.0.0.1:\d+, database \w+, as role badged", diagnosis.found("connection"))


def test_it_is_a_table_for_people_that_ends_in_a_sum(sound, tmp_path):
    well = run("doctor", "--database", sound.url(), cwd=tmp_path).stdout
    assert well.endswith("\n\nnothing wrong\n") and "\033" not in well
    assert re.search(r"^\[✓\] foreign keys +rows go with what they belong to$", well, re.M)
    sound.sql("DROP TRIGGER feedback_updated_at ON feedback; DROP PUBLICATION badged; "
              "ALTER TABLE integrations DROP COLUMN credentials")
    done = run("doctor", "--database", sound.url(), cwd=tmp_path)
    assert done.returncode == PROBLEMS and done.stdout.endswith("\n\n1 problem, 2 warnings\n")
    assert re.search(r"^\[!\] updated_at +public.feedback has no trigger that keeps updated_at$", done.stdout, re.M)
    assert re.search(r"^    mend   as their owner: badged migrate up", done.stdout, re.M)
    assert done.stderr == ""


def test_it_changes_nothing(sound, tmp_path):
    """Nobody's row of the catalog has another version afterwards, though the role could do anything."""
    def catalog():
        return sound.sql("SELECT xmin::text, oid FROM pg_class UNION ALL SELECT xmin::text, oid FROM pg_constraint "
                         "UNION ALL SELECT xmin::text, oid FROM pg_authid ORDER BY 2, 1")
    sound.sql("DROP TRIGGER feedback_updated_at ON feedback; DROP INDEX feedback_pressing, feedback_list")
    before = catalog()
    Diagnosis(sound.url("postgres"), tmp_path)
    assert catalog() == before and sound.is_left_alone()


def on_a_terminal(*args, **env):
    """What it writes to a terminal."""
    ours, its = pty.openpty()
    subprocess.run([program(), *args], env=environment({"TERM": "xterm", **env}), stdin=subprocess.DEVNULL, stdout=its,
                   stderr=subprocess.DEVNULL, timeout=60)
    os.close(its)
    text = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # its end is closed
            break
        if not part:
            break
        text += part
    os.close(ours)
    return text.decode()


def test_colours_are_for_terminals_that_want_them(sound):
    args = ("doctor", "--database", sound.url(), "foreign-keys", "settings")
    assert "\033[32m[✓]\033[0m foreign keys" in on_a_terminal(*args)
    assert "\033" not in on_a_terminal(*args, NO_COLOR="1")
    assert "\033" not in on_a_terminal(*args, TERM="dumb")


# What is asked for


def test_checks_are_listed_and_made_by_name(sound, tmp_path):
    listed = run("doctor", "--list-checks", "--database", sound.url(), cwd=tmp_path)
    assert [re.split("  +", line)[0] for line in listed.stdout.splitlines()] == CHECKS
    as_json = json.loads(run("doctor", "--list-checks", "--json", "--database", sound.url(), cwd=tmp_path).stdout)
    assert [check["name"] for check in as_json] == CHECKS
    sound.sql("DROP TRIGGER feedback_updated_at ON feedback")
    diagnosis = Diagnosis(sound.url(), tmp_path, "foreign-keys", "server", "right to read")
    assert list(diagnosis.checks) == ["server", "right to read", "foreign keys"]
    assert diagnosis.wrong() == {} and diagnosis.exit_code == 0


@pytest.mark.parametrize("args, message", [
    (["frobnication"], "there is no check 'frobnication'"),
    (["journal-mode"], "there is no check 'journal-mode'"),  # of an embedded database
    (["--fail-on", "everything"], "expected error or warning"),
    (["--url", "ftp://x"], "expected such as http://127.0.0.1:8080"),
])
def test_what_makes_no_sense_is_refused(tmp_path, args, message):
    done = run("doctor", "--database", "postgres://nobody@127.0.0.1:1/x", *args, cwd=tmp_path)
    assert done.returncode == USAGE and message in done.stderr and done.stdout == ""


def test_exit_codes_tell_problems_from_warnings(sound, tmp_path):
    sound.sql("DROP TRIGGER feedback_updated_at ON feedback")
    assert Diagnosis(sound.url(), tmp_path).exit_code == 0
    assert Diagnosis(sound.url(), tmp_path, "--fail-on", "error").exit_code == 0
    assert Diagnosis(sound.url(), tmp_path, "--fail-on", "warning").exit_code == WARNINGS
    sound.sql("DROP PUBLICATION badged")
    assert Diagnosis(sound.url(), tmp_path).exit_code == PROBLEMS
    (tmp_path / "badged.yaml").write_text("feed: poll\n")
    assert Diagnosis(sound.url(), tmp_path).wrong()["publication"] == "warning"


@pytest.mark.parametrize("where, advice", [
    ({"port": 1}, "pg_isready"), ({"host": "nowhere.invalid"}, "pg_isready")])
def test_a_server_that_cannot_be_reached_is_a_problem(cluster, tmp_path, where, advice):
    with cluster.database("template0") as database:
        diagnosis = Diagnosis(database.url(**where), tmp_path)
    assert diagnosis.wrong() == {"connection": "problem"} and diagnosis.exit_code == PROBLEMS
    assert list(diagnosis.checks) == CHECKS and advice in diagnosis.mend("connection")


def test_a_database_that_is_not_there_is_a_problem(cluster, tmp_path):
    diagnosis = Diagnosis(f"postgres://badged@127.0.0.1:{cluster.port}/nothing", tmp_path)
    assert 'database "nothing" does not exist' in diagnosis.found("connection")
    assert "create it" in diagnosis.mend("connection")


# What is wrong, and what mends it: (check, what breaks it, what is found)
BROKEN = [
    ("base tables", "DROP TABLE conversations CASCADE", 'relation "public.conversations" does not exist'),
    ("table integration_outbox", "ALTER TABLE integration_outbox DROP COLUMN last_error",
     "public.integration_outbox has no column last_error"),
    ("indexes", "DROP INDEX feedback_pressing, feedback_list",
     'no index serves "public"."feedback" where priority IN (\'urgent\', \'high\')'),
    ("indexes", "DROP INDEX integration_outbox_failed, integration_outbox_failed_conversations, "
                "integration_outbox_list", 'no index serves "public"."integration_outbox"'),
    ("updated_at", "DROP TRIGGER page_failures_updated_at ON page_failures",
     "public.page_failures has no trigger that keeps updated_at"),
    ("row ids", "ALTER TABLE feedback ALTER COLUMN id DROP DEFAULT", "id of public.feedback has no default"),
    ("row ids", "REVOKE EXECUTE ON FUNCTION pg_catalog.gen_random_uuid() FROM PUBLIC",
     "may not call gen_random_uuid()"),
    ("foreign keys", "ALTER TABLE feedback DROP CONSTRAINT feedback_tenant_id_fkey",
     "tenant_id of public.feedback refers to public.tenants by no foreign key"),
    ("foreign keys", "ALTER TABLE feedback DROP CONSTRAINT feedback_tenant_id_fkey, "
                     "ADD CONSTRAINT \"Mine\" FOREIGN KEY (tenant_id) REFERENCES tenants (id) NOT VALID",
     "was never validated"),
    ("slots", "SELECT pg_create_physical_replication_slot('left_behind', true)",
     'nobody uses slot "left_behind", which keeps'),
    ("settings", "ALTER DATABASE {name} SET idle_session_timeout = 5000", "idle_session_timeout is 5000"),
    ("settings", "ALTER ROLE badged IN DATABASE {name} SET session_replication_role = replica",
     "session_replication_role is replica"),
]


@pytest.mark.parametrize("check, broken, found", BROKEN, ids=lambda v: v[:50])
def test_what_is_wrong_is_found_and_mended(sound, tmp_path, check, broken, found):
    try:
        sound.sql(broken.format(name=sound.name))
        diagnosis = Diagnosis(sound.url(), tmp_path)
        assert diagnosis.wrong() == {check: "warning"} and found in diagnosis.found(check)
        take_the_advice(sound, diagnosis.mend(check))
        again = Diagnosis(sound.url(), tmp_path)
        assert check not in again.wrong()
        for other in again.wrong():  # a table that is back lacks what others had to do with it
            take_the_advice(sound, again.mend(other))
        assert Diagnosis(sound.url(), tmp_path, "--fail-on", "warning").wrong() == {}
    finally:
        sound.sql("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots "
                  "WHERE slot_name = 'left_behind'")


def test_the_cost_of_a_missing_index_is_what_explain_says(sound, tmp_path):
    sound.sql(f"INSERT INTO tenants (id, name, slug) VALUES ('{A}', 'a', 'a'); INSERT INTO integrations "
              f"(tenant_id, provider, name) SELECT '{A}', 'x', 'x' FROM generate_series(1, 20000); "
              "ANALYZE integrations")
    sound.sql("DROP INDEX integrations_broken, integrations_list")
    found = Diagnosis(sound.url(), tmp_path, "indexes").found("indexes")
    ((plan,),) = sound.sql("EXPLAIN (FORMAT JSON) SELECT count(*) FROM integrations WHERE status IN "
                           f"('error', 'disabled') AND tenant_id = '{B}'")
    cost = re.search(r"at a cost of (\d+)$", found)
    assert cost and abs(int(cost[1]) - plan[0]["Plan"]["Total Cost"]) <= 1


def test_an_index_of_a_partitioned_table_is_made_as_it_can_be(sound, tmp_path):
    (tmp_path / "badged.yaml").write_text("badges:\n  - name: events.open\n    count:\n"
                                          "      - { table: events, where: \"status = 'open'\" }\n")
    sound.sql("CREATE TABLE events (id bigint, tenant_id uuid, status text, PRIMARY KEY (id)) PARTITION BY RANGE (id); "
              "CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM (0) TO (100); "
              "GRANT SELECT ON events TO badged")
    diagnosis = Diagnosis(sound.url(), tmp_path, "indexes")
    assert 'no index serves "public"."events" where status = ' in diagnosis.found("indexes")
    take_the_advice(sound, diagnosis.mend("indexes"))
    assert Diagnosis(sound.url(), tmp_path, "indexes").wrong() == {}


def test_a_column_of_another_type_is_found(sound, tmp_path):
    sound.sql("ALTER TABLE integrations ALTER COLUMN config DROP DEFAULT, ALTER COLUMN config TYPE text; "
              "ALTER TABLE feedback ALTER COLUMN category TYPE varchar(40)")  # a notch narrower, and as good
    diagnosis = Diagnosis(sound.url(), tmp_path)
    assert diagnosis.wrong() == {"table integrations": "warning"}
    assert diagnosis.found("table integrations") == "column config of public.integrations is text, and not jsonb"


def test_an_index_whose_build_was_broken_off_is_built_again(sound, tmp_path):
    for name in ("feedback_pressing", "feedback_list"):
        sound.sql("UPDATE pg_index SET indisvalid = false WHERE indexrelid = %s::regclass", (name,))
    diagnosis = Diagnosis(sound.url("postgres"), tmp_path, "indexes")
    assert "the index feedback_list of public.feedback is not valid" in diagnosis.found("indexes")
    take_the_advice(sound, diagnosis.mend("indexes"))
    assert Diagnosis(sound.url("postgres"), tmp_path, "indexes").wrong() == {}
    assert sound.value("SELECT count(*) FROM pg_index WHERE indrelid = 'feedback'::regclass") == 4


def test_a_table_that_somebody_keeps_is_said_with_whom_to_end(sound, tmp_path):
    with contextlib.closing(sound.connect(application_name="a report")) as holder:
        pid = holder.value("SELECT pg_backend_pid()")
        holder.sql("BEGIN; LOCK TABLE feedback IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(1.1)")
        diagnosis = Diagnosis(sound.url("postgres"), tmp_path)
        assert diagnosis.wrong() == {"locks": "problem"} and list(diagnosis.checks) == CHECKS
        assert f"process {pid} (a report, role postgres) keeps public.feedback from being read, since 20" in \
            diagnosis.found("locks")
        take_the_advice(sound, diagnosis.mend("locks"))
    assert Diagnosis(sound.url("postgres"), tmp_path).wrong() == {}


def test_a_reference_of_a_partitioned_table_is_made_as_it_can_be(sound, tmp_path):
    sound.sql("DROP TABLE feedback; CREATE TABLE feedback (LIKE integrations INCLUDING DEFAULTS, priority text, "
              "resolved_at timestamptz, PRIMARY KEY (id, tenant_id)) PARTITION BY HASH (tenant_id)")
    diagnosis = Diagnosis(sound.url("postgres"), tmp_path, "foreign-keys")
    assert "tenant_id of public.feedback refers to public.tenants by no foreign key" in diagnosis.found("foreign keys")
    take_the_advice(sound, diagnosis.mend("foreign keys"))
    assert Diagnosis(sound.url("postgres"), tmp_path, "foreign-keys").wrong() == {}


def test_a_view_in_place_of_a_table_is_not_to_be_migrated(sound, tmp_path):
    sound.sql("DROP TABLE feedback; CREATE VIEW feedback AS SELECT 1 AS id")
    diagnosis = Diagnosis(sound.url("postgres"), tmp_path, "table-feedback", "row-ids")
    assert diagnosis.found("table feedback") == "public.feedback is not a table"
    assert "migrate" not in diagnosis.mend("table feedback") and list(diagnosis.wrong()) == ["table feedback"]


def test_a_clock_that_is_off_is_found(sound, tmp_path):
    """In this database alone the server tells another time."""
    sound.sql("SET allow_system_table_mods = on; "
              "ALTER FUNCTION pg_catalog.clock_timestamp() RENAME TO true_clock_timestamp; "
              "CREATE FUNCTION pg_catalog.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS "
              "'SELECT pg_catalog.true_clock_timestamp() - interval ''1 hour'''; RESET allow_system_table_mods")
    diagnosis = Diagnosis(sound.url(), tmp_path)
    assert diagnosis.wrong() == {"clock": "warning"}
    assert re.fullmatch(r"the server's clock is 3[56]\d\d\.\d s behind this machine's", diagnosis.found("clock"))


def test_a_table_that_no_badge_counts_may_be_missing(sound, tmp_path):
    (tmp_path / "badged.yaml").write_text("badges:\n  - name: feedback\n    count:\n"
                                          "      - { schema: own, table: Feedback, where: \"open\" }\n")
    sound.sql("DROP TABLE feedback; CREATE SCHEMA own; CREATE TABLE own.\"Feedback\" "
              "(id uuid PRIMARY KEY, tenant_id uuid, open boolean); CREATE INDEX ON own.\"Feedback\" (tenant_id); "
              "GRANT USAGE ON SCHEMA own TO badged; GRANT SELECT ON own.\"Feedback\" TO badged; "
              "ALTER PUBLICATION badged ADD TABLE own.\"Feedback\"")
    diagnosis = Diagnosis(sound.url(), tmp_path, *TABLES, "tables", "columns", "indexes")
    assert diagnosis.wrong() == {} and diagnosis.checks["table feedback"]["verdict"] == "skipped"


# Whether what is served is what SQL counts


def fill(database):
    database.sql(f"INSERT INTO tenants (id, name, slug) VALUES ('{A}', 'a', 'a'), ('{B}', 'b', 'b'); "
                 "INSERT INTO feedback (tenant_id, title, priority) SELECT t, 'x', 'urgent' "
                 f"FROM unnest(ARRAY['{A}', '{A}', '{B}']::uuid[]) t")


def test_answers_that_equal_sql(sound, tmp_path):
    fill(sound)
    with Badged.serve(sound.url()) as badged:
        diagnosis = Diagnosis(sound.url(), tmp_path, "--url", badged.url + "/")
        assert diagnosis.wrong() == {}
        assert f"at {badged.url} are what SQL counts, as of 1-" in diagnosis.found("answers")


def test_answers_are_sought_where_listen_says(sound, tmp_path):
    assert Diagnosis(sound.url(), tmp_path, "answers").checks["answers"]["verdict"] == "skipped"
    with Badged.serve(sound.url()) as badged:
        (tmp_path / "badged.yaml").write_text(f"listen: 127.0.0.1:{badged.port}\n")
        assert badged.url in Diagnosis(sound.url(), tmp_path, "answers").found("answers")


def test_answers_of_another_database_are_found(sound, cluster, migrated, tmp_path):
    fill(sound)
    with cluster.database(migrated) as other, Badged.serve(other.url()) as badged:
        diagnosis = Diagnosis(sound.url(), tmp_path, "answers", "--url", badged.url)
    assert diagnosis.wrong() == {"answers": "problem"} and diagnosis.exit_code == PROBLEMS
    assert re.search(rf"feedback of tenant {A}: answered null as of 1-[0-9A-F/]+, and SQL counts 2",
                     diagnosis.found("answers"))


def test_an_answer_while_the_database_changes_is_no_fault(sound, tmp_path):
    fill(sound)
    with Badged.serve(sound.url()) as badged, sound.connect() as writer, Writing(writer):
        assert Diagnosis(sound.url(), tmp_path, "answers", "--url", badged.url).wrong().get("answers") != "problem"


class Writing:
    """Somebody who changes a tenant's feedback without a pause."""

    def __init__(self, connection):
        self.connection, self.ends = connection, threading.Event()
        self.thread = threading.Thread(target=self.write, daemon=True)

    def write(self):
        while not self.ends.is_set():
            self.connection.sql(f"INSERT INTO feedback (tenant_id, title, priority) VALUES ('{A}', 'x', 'high')")

    def __enter__(self):
        self.thread.start()

    def __exit__(self, *_):
        self.ends.set()
        self.thread.join()


def test_a_badged_that_is_not_there_or_does_not_know_is_a_problem(sound, tmp_path):
    diagnosis = Diagnosis(sound.url(), tmp_path, "answers", "--url", "http://127.0.0.1:1")
    assert diagnosis.wrong() == {"answers": "problem"} and "127.0.0.1:1" in diagnosis.found("answers")
    sound.sql(f"CREATE ROLE {sound.name} LOGIN")
    try:
        with Badged.serve(sound.url(sound.name), ready=False) as badged:
            diagnosis = Diagnosis(sound.url(READER), tmp_path, "answers", "--url", badged.url)
    finally:
        sound.sql(f"DROP ROLE {sound.name}")
    assert diagnosis.found("answers").startswith("it answered 503: ")
