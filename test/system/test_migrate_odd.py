"""`badged migrate` on databases that are odd: names that are taken, indexes of other names, partitions, rights that are
missing, servers that take no writes.
"""
import contextlib

import pytest

from badged import ROOT
from migrating import CONFIG, OTHER, OWNER, migrate, psql_file, status, up
from test_migrate import break_index


def indexes(database, table):
    return {name for name, in database.sql("SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = "
                                           "%s::regclass AND NOT indisprimary", (table,))}


def test_an_index_will_do_under_any_name(based):
    """Also over another type of text, read backwards, or with more behind what is wanted."""
    based.sql(f"""SET ROLE {OWNER}; CREATE TABLE feedback (id uuid PRIMARY KEY, tenant_id uuid, conversation_id uuid,
        priority varchar(20), resolved_at timestamptz, created_at timestamptz);
        CREATE INDEX a ON feedback (tenant_id, created_at, id)
            WHERE priority IN ('urgent', 'high') AND resolved_at IS NULL;
        CREATE INDEX b ON feedback (tenant_id, created_at DESC, id DESC, priority);
        CREATE INDEX c ON feedback (conversation_id) WHERE (conversation_id IS NOT NULL); RESET ROLE""")
    up(based)
    assert indexes(based, "feedback") == {"a", "b", "c"}
    assert "no index" not in migrate(based, "verify").stdout
    based.sql("DROP INDEX b; CREATE INDEX b ON feedback (tenant_id, created_at, id) WHERE priority = 'low'")
    up(based)
    assert indexes(based, "feedback") == {"a", "b", "c", "feedback_list"}


def test_an_index_whose_name_is_taken_gets_another_once(based):
    up(based)
    based.sql("DROP INDEX feedback_list, feedback_pressing; CREATE VIEW feedback_list AS SELECT 1 AS n; "
              "CREATE INDEX feedback_pressing ON feedback (title)")
    up(based)
    assert {"feedback_list_badged", "feedback_pressing_badged"} <= indexes(based, "feedback")
    assert status(based)["068_feedback.sql"] == "applied" and "no index" not in migrate(based, "verify").stdout


def test_what_somebody_else_left_half_built_is_said_and_is_no_reason_to_migrate(empty):
    up(empty)
    break_index(empty, "feedback_list", is_ours=False)
    assert status(empty)["068_feedback.sql"] == "applied" and up(empty).endswith("nothing to do\n")
    assert "the index feedback_list of public.feedback is not valid" in migrate(empty, "verify").stdout


def test_indexes_of_a_large_partitioned_table_are_built_beside_writers(based):
    based.sql(f"""SET ROLE {OWNER}; CREATE TABLE feedback (id uuid DEFAULT gen_random_uuid(), tenant_id uuid,
        priority text, resolved_at timestamptz, PRIMARY KEY (id, tenant_id)) PARTITION BY HASH (tenant_id);
        CREATE TABLE "Part 0" PARTITION OF feedback FOR VALUES WITH (MODULUS 2, REMAINDER 0);
        CREATE TABLE part_1 PARTITION OF feedback FOR VALUES WITH (MODULUS 2, REMAINDER 1);
        INSERT INTO feedback (tenant_id) SELECT gen_random_uuid() FROM generate_series(1, 30000); RESET ROLE""")
    said = up(based)
    assert said.count("building it beside the writers of Part 0") == 3
    assert {"feedback_list", "feedback_pressing", "feedback_conversation"} <= indexes(based, "feedback")
    assert based.sql("SELECT FROM pg_index WHERE NOT indisvalid") == []
    assert based.value("SELECT count(*) FROM badged_migrations WHERE state <> 'applied'") == 0
    assert "applied" not in up(based)


def test_without_a_right_on_the_schema_the_statement_is_named(empty):
    empty.sql(f"REVOKE ALL ON SCHEMA public FROM PUBLIC, {OWNER}")
    done = migrate(empty, "up")
    assert done.returncode == CONFIG and f"GRANT USAGE, CREATE ON SCHEMA public TO {OWNER}" in done.stderr
    assert migrate(empty, "status").returncode == 0
    done = migrate(empty, "verify")
    assert "table public.feedback is not there" in done.stdout, done.stderr
    empty.sql(f"GRANT USAGE, CREATE ON SCHEMA public TO {OWNER}")  # the mend
    up(empty)


def test_a_database_that_somebody_made_read_only_is_not_written_to(empty):
    empty.sql(f"ALTER ROLE {OWNER} IN DATABASE {empty.name} SET default_transaction_read_only = on")
    done = migrate(empty, "up")
    assert done.returncode == CONFIG and "default_transaction_read_only is on" in done.stderr
    assert empty.sql("SELECT FROM pg_tables WHERE schemaname = 'public'") == []


def test_a_table_that_cannot_be_referred_to_is_named_before_anything_is_done(based):
    based.sql(f"CREATE TABLE crawl_attempts (id bigserial PRIMARY KEY, tenant_id uuid, status text); "
              f"ALTER TABLE crawl_attempts OWNER TO {OWNER}")
    done = migrate(based, "up")
    assert done.returncode != 0
    assert "public.crawl_attempts has no column id of type uuid" in done.stderr and "page_failures" in done.stderr


@pytest.mark.parametrize("name", ["060_base_tables.sql", "090_sidebar_badge_tables.sql", "095_publication.sql"])
def test_what_another_schema_has_of_the_same_name_is_not_called(empty, name):
    """Whoever applies a file may be mightier than whoever can make a function."""
    if name != "060_base_tables.sql":
        up(empty, "--to", "90" if name[:3] == "095" else "60", user="postgres")
    empty.sql(f"CREATE SCHEMA theirs AUTHORIZATION {OTHER}")
    with contextlib.closing(empty.connect(OTHER)) as other:
        for call in ("to_regclass(text) RETURNS regclass", "format(text, name) RETURNS text",
                     "gen_random_uuid() RETURNS uuid", "current_setting(text, boolean) RETURNS text"):
            other.sql(f"CREATE FUNCTION theirs.{call} LANGUAGE plpgsql AS $$ BEGIN RAISE 'called'; END $$")
    empty.sql(f"ALTER ROLE postgres IN DATABASE {empty.name} SET search_path = theirs, pg_catalog, public")
    psql_file(empty, ROOT / "sql" / name, user="postgres")
