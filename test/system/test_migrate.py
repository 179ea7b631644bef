"""`badged migrate` and the files of sql/, on new databases and on ones with years of life in them.

What takes long, as large tables do, is in test_migrate_large.py.
"""
import contextlib
import json
import random
import re
import signal
import sqlite3
import subprocess
import sys

import pytest

from badged import ROOT, environment, program, run
from migrating import A, CONFIG, FILES, OTHER, OWNER, SCHEMA, UNASKED, USAGE, columns, dump, \
    indexes_that_are_not_valid, migrate, psql_file, rows, sql_file, status, up
from postgres import FOLLOWED

# Files that stand alone


def test_files_made_of_the_tables_are_up_to_date():
    done = subprocess.run([sys.executable, ROOT / "script" / "tables", "--check"], text=True, capture_output=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", FILES)
def test_a_file_holds_nothing_that_only_psql_knows(name):
    assert not re.search(r"(?m)^\s*\\|\\g(set|exec)", sql_file(name))


@pytest.mark.parametrize("name", FILES[1:4])
def test_a_file_alone_makes_its_tables_as_an_ordinary_role_and_may_run_again(based, name):
    path = ROOT / "sql" / name
    psql_file(based, path)
    made, wanted = dump(based, "-s"), set(re.findall(r"CREATE TABLE IF NOT EXISTS public\.(\w+)", path.read_text()))
    assert {t for t, in based.sql("SELECT tablename FROM pg_tables WHERE tableowner = %s", (OWNER,))} == wanted
    psql_file(based, path)
    assert dump(based, "-s") == made


def test_base_tables_are_made_where_there_are_none_and_left_alone_where_there_are(empty):
    empty.sql(f"SET ROLE {OWNER}; CREATE TABLE conversations (number int); RESET ROLE")
    before = dump(empty, "-s", "-t", "conversations")
    for _ in range(2):
        psql_file(empty, ROOT / "sql" / FILES[0])
        assert dump(empty, "-s", "-t", "conversations") == before
    assert {"tenants", "tenant_sites"} <= {t for t, in empty.sql("SELECT tablename FROM pg_tables")}


def test_files_may_be_pasted_whole_and_make_the_same(cluster, roles, empty):
    with cluster.database("template0") as pasted:
        for name in FILES:
            psql_file(empty, ROOT / "sql" / name, user="postgres")
            pasted.sql(sql_file(name))
        assert dump(pasted, "-s") == dump(empty, "-s")


def test_all_five_tables_together_are_the_same_as_one_by_one(cluster, roles, based):
    with cluster.database("template0") as together:
        together.sql(sql_file(FILES[0]))
        together.sql(sql_file("090_sidebar_badge_tables.sql"))
        for name in FILES[1:4]:
            based.sql(sql_file(name))
        assert dump(together, "-s") == dump(based, "-s")


@pytest.mark.parametrize("name", FILES[1:4])
def test_a_file_says_first_that_base_tables_are_missing(empty, name):
    with pytest.raises(AssertionError, match='relation "public.tenants" does not exist.* 060_base_tables.sql'):
        psql_file(empty, ROOT / "sql" / name)
    assert dump(empty, "-s").count("CREATE") == 0


def test_a_file_says_which_right_is_missing_and_who_grants_it(based):
    based.sql(f"REVOKE CREATE ON SCHEMA public FROM {OWNER}")
    with pytest.raises(AssertionError, match=f"GRANT CREATE ON SCHEMA public TO {OWNER}"):
        psql_file(based, ROOT / "sql" / "068_feedback.sql")
    based.sql(f"GRANT CREATE ON SCHEMA public TO {OWNER}; REVOKE REFERENCES ON tenants FROM {OWNER}")
    with pytest.raises(AssertionError, match=f"GRANT REFERENCES ON public.tenants TO {OWNER}"):
        psql_file(based, ROOT / "sql" / "068_feedback.sql")


def test_tables_suit_where_conversations_are_elsewhere(empty):
    empty.sql(sql_file(FILES[0]) + f"DROP TABLE conversations; GRANT REFERENCES ON tenants, tenant_sites TO {OWNER}")
    psql_file(empty, ROOT / "sql" / "090_sidebar_badge_tables.sql")
    assert migrate(empty, "verify").returncode == 0


def test_updated_at_follows_updates_that_do_not_set_it(based):
    up(based)
    based.sql(f"INSERT INTO tenants (id, name, slug) VALUES ('{A}', 'a', 'a');"
              f"INSERT INTO feedback (tenant_id, title, updated_at) VALUES ('{A}', 'x', '2020-01-01')")
    based.sql("UPDATE feedback SET title = 'y'")
    assert based.value("SELECT updated_at > now() - interval '1 hour' FROM feedback")
    based.sql("UPDATE feedback SET updated_at = '2021-01-01'")
    assert based.value("SELECT updated_at = '2021-01-01' FROM feedback")


@pytest.mark.parametrize("table, predicate, index", [
    ("crawl_attempts", "status = 'failed' AND can_retry", "crawl_attempts_retryable"),
    ("page_failures", "NOT is_resolved", "page_failures_unresolved"),
    ("integration_outbox", "status = 'failed' AND conversation_id IS NOT NULL",
     "integration_outbox_failed_conversations"),
    ("feedback", "priority IN ('urgent', 'high') AND resolved_at IS NULL", "feedback_pressing"),
    ("integrations", "status IN ('error', 'disabled')", "integrations_broken"),
    ("integration_outbox", "status = 'failed'", "integration_outbox_failed"),
])
def test_an_index_serves_each_badge(postgres, table, predicate, index):
    postgres.sql(f"DROP TABLE {', '.join(FOLLOWED)}")
    postgres.sql(sql_file("090_sidebar_badge_tables.sql"))
    distinct = "conversation_id" if "conversations" in index else "*"
    plan = postgres.sql(f"SET enable_seqscan = off; EXPLAIN SELECT {distinct} FROM {table} "
                        f"WHERE tenant_id = '{A}' AND {predicate}; ")
    assert index in str(plan), plan


# up


def test_an_empty_database_is_brought_up_as_an_ordinary_role_and_a_second_run_does_nothing(empty):
    said = up(empty)
    assert [n for n in UNASKED if f"{n}: applied" in said] == UNASKED[:-1]
    assert f"095_publication.sql: left out, as role {OWNER} may not create publications here" in said
    made = dump(empty)
    assert up(empty).count("applied") == 0
    assert dump(empty) == made
    assert migrate(empty, "verify").returncode == 0


def test_the_publication_is_made_where_the_role_may(empty):
    empty.sql(f"GRANT CREATE ON DATABASE {empty.name} TO {OWNER}")
    up(empty)
    published = empty.sql("SELECT tablename FROM pg_publication_tables WHERE pubname = 'badged'")
    assert {t for t, in published} == set(FOLLOWED)
    assert up(empty) == "badged: nothing to do\n"


def publish(database):
    database.sql(sql_file("095_publication.sql"))
    if database.value("SHOW server_version_num") < "150000":
        return {t: None for t, in database.sql("SELECT tablename FROM pg_publication_tables WHERE pubname = 'badged'")}
    return dict(database.sql("SELECT tablename::text, attnames::text[] FROM pg_publication_tables "
                             "WHERE pubname = 'badged'"))


def test_a_publication_never_makes_an_update_fail(based):
    """Postgres refuses one where the key is not published, or all columns are the key and some are not published."""
    up(based, "--to", "90")
    based.sql("ALTER TABLE feedback DROP CONSTRAINT feedback_pkey, ADD PRIMARY KEY (id, title);"
              "ALTER TABLE integrations REPLICA IDENTITY FULL")
    publish(based)
    based.sql(f"INSERT INTO tenants (id, name, slug) VALUES ('{A}', 'a', 'a');"
              f"INSERT INTO feedback (tenant_id, title) VALUES ('{A}', 'x');"
              f"INSERT INTO integrations (tenant_id, provider, name) VALUES ('{A}', 'x', 'x')")
    based.sql("UPDATE feedback SET url = 'x'; UPDATE integrations SET config = '[]'; DELETE FROM tenants")


def test_a_table_whose_rows_nothing_names_is_not_published_and_the_rest_is_done(based):
    based.sql(f"GRANT CREATE ON DATABASE {based.name} TO {OWNER}")
    up(based, "--to", "90")
    based.sql("ALTER TABLE feedback DROP CONSTRAINT feedback_pkey")
    assert "095_publication.sql: left out, as 095_publication.sql: the server refused: nothing names the rows of " \
        "public.feedback" in up(based)
    assert based.sql("SELECT FROM pg_publication") == []


def test_a_partitioned_table_is_migrated_and_published(based):
    based.sql("CREATE TABLE integration_outbox (id bigint, tenant_id uuid NOT NULL, status text, "
              "PRIMARY KEY (id, tenant_id)) PARTITION BY HASH (tenant_id);"
              "CREATE TABLE a_part PARTITION OF integration_outbox FOR VALUES WITH (MODULUS 1, REMAINDER 0);"
              f"INSERT INTO integration_outbox VALUES (1, '{A}', 'failed')")
    up(based, user="postgres")
    assert set(publish(based)) == set(FOLLOWED)
    based.sql("UPDATE integration_outbox SET last_error = 'x'")
    assert migrate(based, "verify", user="postgres").returncode == 0


def test_it_goes_as_far_as_it_is_told(empty):
    up(empty, "--to", "68")
    assert status(empty) == {**dict.fromkeys(UNASKED, "pending"), "060_base_tables.sql": "applied",
                             "068_feedback.sql": "applied", "099_row_level_security.sql": "optional"}
    for wrong in ("70", "x", "-1"):
        done = migrate(empty, "up", "--to", wrong)
        assert done.returncode == USAGE, done.stderr
    up(empty, "--to", "99")
    assert status(empty)["099_row_level_security.sql"] == "applied"


def test_a_dry_run_says_what_would_be_done_and_does_nothing(empty):
    done = migrate(empty, "up", "--dry-run")
    assert done.returncode == 0 and done.stderr == ""
    assert [line.split()[2] for line in done.stdout.splitlines() if line.startswith("would apply")] == \
        UNASKED[:-1]
    assert "CREATE" not in dump(empty, "-s")


def test_half_of_the_base_tables_is_not_built_on(empty):
    empty.sql("CREATE TABLE tenants (id uuid PRIMARY KEY)")
    done = migrate(empty, "up")
    assert done.returncode == SCHEMA and "one is there and one is not" in done.stderr


def test_base_tables_of_ones_own_stay_and_are_not_recorded(based):
    before = dump(based, "-s", "-t", "tenants", "-t", "tenant_sites", "-t", "conversations")
    up(based)
    assert status(based)["060_base_tables.sql"] == "not needed"
    after = dump(based, "-s", "-t", "tenants", "-t", "tenant_sites", "-t", "conversations")
    assert after == before


def test_a_database_whose_tables_came_by_another_road_is_adopted_without_a_change(based):
    psql_file(based, ROOT / "sql" / "090_sidebar_badge_tables.sql")
    before = dump(based, "-s")
    assert migrate(based, "verify").returncode == 0  # also before badged knows anything of it
    up(based)
    assert dump(based, "-s", "-T", "badged_migrations") == before
    assert status(based)["090_sidebar_badge_tables.sql"] == "applied"


def test_two_at_once_both_succeed_and_each_file_is_applied_once(empty):
    with contextlib.closing(empty.connect(application_name="a third")) as holder:
        assert holder.value("SELECT pg_try_advisory_lock(1650747236, 1)")
        both = [subprocess.Popen([program(), "migrate", "up", "-d", empty.url(user=OWNER)], stderr=subprocess.PIPE,
                                 text=True, env=environment()) for _ in range(2)]
        said = ["", ""]
        for i, process in enumerate(both):
            said[i] = process.stderr.readline()
            assert "waiting for another migration to end: that of process" in said[i]
            assert "a third" in said[i]
    for i, process in enumerate(both):
        said[i] += process.communicate(timeout=60)[1]
        assert process.returncode == 0, said[i]
    assert sum(s.count("090_sidebar_badge_tables.sql: applied") for s in said) == 1
    assert migrate(empty, "verify").returncode == 0


def test_a_run_that_is_killed_at_any_moment_is_run_again(cluster, roles):
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    with cluster.database("template0") as whole:
        up(whole, user="postgres")
        wanted = dump(whole, "-s")
    with cluster.database("template0") as database:
        for _ in range(8):
            process = subprocess.Popen([program(), "migrate", "up", "-d", database.url(user="postgres")],
                                       stderr=subprocess.DEVNULL, env=environment())
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(dice.uniform(0.05, 0.6))
            process.send_signal(signal.SIGKILL)
            process.wait()
        up(database, user="postgres")
        assert dump(database, "-s") == wanted
        assert set(status(database, user="postgres").values()) == {"applied", "optional"}


def test_a_file_that_changed_since_is_told_and_applied_again(empty):
    up(empty)
    empty.sql("UPDATE badged_migrations SET sha256 = repeat('0', 64) WHERE name LIKE '068%';"
              "INSERT INTO badged_migrations VALUES ('900_new.sql', 'x', 'applied', now(), '9.9')")
    assert status(empty)["068_feedback.sql"] == "changed" and status(empty)["900_new.sql"] == "unknown"
    assert migrate(empty, "status", "--exit-code").returncode == 1
    assert "068_feedback.sql: applied before as another text" in up(empty)
    assert status(empty)["068_feedback.sql"] == "applied"


def test_what_somebody_dropped_is_told_and_made_again(empty):
    empty.sql(f"GRANT CREATE ON DATABASE {empty.name} TO {OWNER}")
    up(empty)
    assert migrate(empty, "status", "--exit-code").returncode == 0
    wanted = dump(empty, "-s")
    empty.sql("DROP INDEX feedback_pressing; DROP TRIGGER integrations_updated_at ON integrations")
    assert status(empty)["090_sidebar_badge_tables.sql"] == "incomplete"
    assert status(empty)["080_ingestion_failure_tracking.sql"] == "applied"
    done = migrate(empty, "verify")
    assert done.returncode == 0 and "public.feedback has no index feedback_pressing" in done.stdout
    assert "public.integrations has no trigger that keeps updated_at" in done.stdout
    assert "something of it is gone" in up(empty)
    assert sorted(dump(empty, "-s").splitlines()) == sorted(wanted.splitlines())


def test_an_index_that_an_earlier_run_left_half_built_is_made_again(empty):
    up(empty)
    break_index(empty, "feedback_list", is_ours=True)
    assert indexes_that_are_not_valid(empty) == ["feedback_list"]
    assert "the index feedback_list of public.feedback is not valid" in migrate(empty, "verify").stdout
    assert "feedback_list: built in" in up(empty)
    assert indexes_that_are_not_valid(empty) == []
    assert empty.value("SELECT count(*) FROM badged_migrations WHERE state <> 'applied'") == 0


def test_an_index_that_somebody_else_left_half_built_is_left_alone(empty):
    up(empty)
    break_index(empty, "feedback_list", is_ours=False)
    up(empty)
    assert indexes_that_are_not_valid(empty) == ["feedback_list"]


def break_index(database, name, is_ours):
    database.sql("UPDATE pg_index SET indisvalid = false WHERE indexrelid = %s::regclass", (name,))
    if is_ours:
        database.sql("INSERT INTO badged_migrations VALUES (%s, 'x', 'building', now(), '0')", (name,))


def test_a_transaction_that_keeps_a_table_is_waited_for_and_named(grown):
    with contextlib.closing(grown.connect(application_name="a report")) as holder:
        holder.sql("BEGIN; SELECT count(*) FROM integration_outbox")
        process = subprocess.Popen([program(), "migrate", "up", "-d", grown.url(user=OWNER)], stderr=subprocess.PIPE,
                                   text=True, env=environment())
        line = process.stderr.readline()
        while "waiting" not in line:
            assert line, "it ended"
            line = process.stderr.readline()
        assert f"process {holder.value('SELECT pg_backend_pid()')} (a report, role postgres)" in line
        with contextlib.closing(grown.connect()) as writer:  # nobody who writes waits for long meanwhile
            for _ in range(20):
                writer.sql("SET statement_timeout = 1000; UPDATE integration_outbox SET attempts = attempts")
    process.communicate(timeout=60)
    assert process.returncode == 0
    assert migrate(grown, "verify").returncode == 0


# Databases with years of life in them


def test_a_database_that_grew_elsewhere_gets_what_it_lacks_and_keeps_what_it_has(grown):
    tables = [t for t, in grown.sql("SELECT format('%I.%I', schemaname, tablename) FROM pg_tables "
                                    "WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1")]
    had = {table: columns(grown, table) for table in tables}
    chosen = {t: f"(SELECT {', '.join(map(quoted, names))} FROM {t})" for t, names in had.items()}
    before = rows(grown, chosen.values())
    camel = dump(grown, "-s", "-t", 'public."crawlAttempts"')
    others = dump(grown, "-s", "-n", '"Billing"')
    policies = grown.sql("SELECT * FROM pg_policies ORDER BY 1, 2, 3")
    find_checks = "SELECT conrelid::regclass, conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE " \
                  "contype = 'c' AND conrelid IN ('feedback'::regclass, 'integration_outbox'::regclass) ORDER BY 1, 2"
    checks = grown.sql(find_checks)
    up(grown)
    assert rows(grown, chosen.values()) == before
    assert {t: columns(grown, t)[:len(names)] for t, names in had.items()} == had
    assert dump(grown, "-s", "-n", '"Billing"') == others
    assert dump(grown, "-s", "-t", 'public."crawlAttempts"') == camel
    assert grown.sql("SELECT * FROM pg_policies ORDER BY 1, 2, 3") == policies
    assert grown.sql(find_checks) == checks
    assert "conversation_id" in columns(grown, "integration_outbox")
    assert grown.value("SELECT count(*) FROM pg_constraint WHERE conrelid = 'integration_outbox'::regclass "
                       "AND confrelid = 'conversations'::regclass") == 1
    assert status(grown)["090_sidebar_badge_tables.sql"] == "applied"
    lacking = json.loads(migrate(grown, "verify", "--json", user="postgres").stdout)["lacking"]
    assert [item for item in lacking if item["kind"] != "use"] == []


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def test_rows_and_generated_columns_are_as_they_were_to_the_last_byte(grown):
    """Not even moved: a rewritten table has another file."""
    files = "SELECT relname, relfilenode FROM pg_class WHERE relkind = 'r' AND relnamespace IN " \
            "('public'::regnamespace, '\"Billing\"'::regnamespace) AND relname <> 'badged_migrations' ORDER BY 1"
    places = "SELECT ctid, xmin, search FROM feedback ORDER BY ctid"
    before, rows_before = dict(grown.sql(files)), grown.sql(places)
    up(grown)
    after = dict(grown.sql(files))
    assert {name: after[name] for name in before} == before
    assert grown.sql(places) == rows_before


def test_a_trigger_of_ones_own_that_keeps_updated_at_will_do(grown):
    up(grown)
    assert grown.sql("SELECT tgname FROM pg_trigger WHERE tgrelid = 'feedback'::regclass AND NOT tgisinternal") == \
        [("touch",)]


def test_a_table_of_another_role_is_an_error_that_names_the_owner_and_the_statement(grown):
    grown.sql(f"ALTER TABLE integration_outbox OWNER TO {OTHER}; GRANT ALL ON integration_outbox TO {OWNER};"
              f"GRANT CREATE ON SCHEMA public TO {OTHER}; GRANT REFERENCES ON ALL TABLES IN SCHEMA public TO {OTHER}")
    before = dump(grown, "-s", "-t", "integration_outbox")
    done = migrate(grown, "up")
    assert done.returncode == CONFIG
    assert "public.integration_outbox lacks the column" in done.stderr
    assert f"belongs to {OTHER}" in done.stderr and f"GRANT {OTHER} TO {OWNER}" in done.stderr
    assert dump(grown, "-s", "-t", "integration_outbox") == before
    grown.sql(f"GRANT {OTHER} TO {OWNER}")  # the mend
    try:
        up(grown)
    finally:
        grown.sql(f"REVOKE {OTHER} FROM {OWNER}")
    assert migrate(grown, "verify", user="postgres").returncode == 0


def test_a_column_of_a_type_that_does_not_suit_is_an_error_that_says_where(based):
    based.sql(f"CREATE TABLE feedback (id uuid PRIMARY KEY, tenant_id uuid, priority int); "
              f"ALTER TABLE feedback OWNER TO {OWNER}")
    before = dump(based, "-s", "-t", "feedback")
    done = migrate(based, "up")
    assert done.returncode != 0
    assert "068_feedback.sql" in done.stderr and "adding the index feedback_pressing to public.feedback" in done.stderr
    assert dump(based, "-s", "-t", "feedback") == before


def test_a_role_without_the_right_to_create_is_told_which_right(empty):
    done = migrate(empty, "up", user=OTHER)
    assert done.returncode == CONFIG and "CREATE ON SCHEMA public" in done.stderr


def test_a_role_that_did_not_migrate_is_told_whose_the_record_is(empty):
    up(empty)
    done = migrate(empty, "status", user=OTHER)
    assert done.returncode == CONFIG and "for the role that migrated first" in done.stderr


def test_a_view_in_place_of_a_table_is_an_error(based):
    based.sql("CREATE VIEW feedback AS SELECT 1 AS id")
    done = migrate(based, "up")
    assert done.returncode != 0 and "public.feedback is not a table" in done.stderr


# status, verify, export


def test_verify_prints_the_classic_query_and_what_is_missing(based):
    psql_file(based, ROOT / "sql" / "080_ingestion_failure_tracking.sql")
    done = migrate(based, "verify")
    assert done.returncode == SCHEMA and "`badged migrate up`" in done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    assert lines[0] == ["schemaname", "tablename", "hasindexes", "hasrules", "hastriggers"]
    classic = based.sql("SELECT schemaname, tablename, hasindexes, hasrules, hastriggers FROM pg_tables "
                        "WHERE tablename = ANY (%s) ORDER BY tablename", (list(FOLLOWED),))
    assert lines[1:3] == [[s, t, *("ft"[b] for b in flags)] for s, t, *flags in classic]
    for table in ("feedback", "integrations", "integration_outbox"):
        assert f"table public.{table} is not there" in done.stdout


def test_verify_says_that_tables_cannot_be_read(based):
    up(based)
    done = migrate(based, "verify", user=OTHER)
    assert done.returncode == CONFIG and "right to read" in done.stdout, done.stdout + done.stderr


def test_verify_says_that_a_column_is_missing(based):
    up(based)
    based.sql("ALTER TABLE integration_outbox DROP COLUMN conversation_id")
    done = migrate(based, "verify")
    assert done.returncode == SCHEMA and "public.integration_outbox has no column conversation_id (uuid)" in done.stdout


def test_exported_files_applied_in_their_order_make_the_same(cluster, roles, empty, tmp_path):
    def export():
        done = run("migrate", "export", "--format", "supabase", tmp_path)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()
    assert len(export()) == len(UNASKED)
    assert export() == []  # they are there
    names = sorted(p.name for p in tmp_path.iterdir())
    assert [re.fullmatch(r"\d{14}_badged_(.*)", name)[1] for name in names] == UNASKED
    for name in names:
        psql_file(empty, tmp_path / name, user="postgres")
    with cluster.database("template0") as migrated:
        up(migrated, user="postgres")
        assert dump(empty, "-s") == dump(migrated, "-s", "-T", "badged_migrations")


def test_export_says_why_it_cannot_write(tmp_path):
    done = run("migrate", "export", tmp_path / "missing")
    assert done.returncode != 0 and "missing" in done.stderr
    assert run("migrate", "export", "--format", "dbmate", tmp_path).returncode == USAGE


def test_the_record_is_nobody_elses(empty):
    empty.sql(f"ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} GRANT ALL ON TABLES TO {OTHER}")
    up(empty)
    with contextlib.closing(empty.connect(OTHER)) as other:
        assert other.sql("SELECT * FROM badged_migrations") == []


# Statements


@pytest.mark.parametrize("path", sorted((ROOT / "sql" / "postgres" / "migrate").glob("*.sql")), ids=lambda p: p.stem)
def test_every_statement_of_migrating_suits_a_migrated_database(based, path):
    up(based)
    text = path.read_text()
    for statement in filter(None, (s.strip() for s in re.sub(r"(?m)^--.*\n", "", text).split(";"))):
        if statement.split()[0] in ("SELECT", "WITH", "INSERT", "DELETE"):
            based.sql(f"PREPARE it AS {statement}; DEALLOCATE it")


@pytest.mark.parametrize("path", sorted((ROOT / "sql" / "sqlite" / "store").glob("*.sql")), ids=lambda p: p.stem)
def test_every_statement_of_the_store_suits_the_embedded_database(database, path):
    run("migrate", "up", "--database", f"sqlite:{database}")
    with contextlib.closing(sqlite3.connect(database)) as db:
        text = re.sub(r"(?m)^--.*\n", "", path.read_text())
        db.execute("EXPLAIN " + text, ["[]"] * len(set(re.findall(r"\?\d", text))))
