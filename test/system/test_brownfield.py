"""A database that grew elsewhere, migrated and then served: badges over tables of other names and in other schemas,
beside the built-in ones over tables with more in them than badged knows.
"""
import contextlib

import pytest

from badged import ROOT, run
from following import BUILT_IN, Following, Oracle
from migrating import A, B, OTHER, OWNER, psql_file, up

MAPPED = """
badges:
  - name: knowledge.sources
    label: Failed crawls
    count:
      - { table: crawlAttempts, tenant: tenantId, where: '"canRetry" AND status = ''failed''' }
  - name: stars.bad
    label: Bad reviews
    zero: 0
    count:
      - { schema: Billing, table: feedback, tenant: tenant, where: "stars BETWEEN 1 AND 2" }
"""
BADGES = {
    **BUILT_IN,
    "knowledge.sources": 'SELECT "tenantId" AS tenant_id FROM "crawlAttempts" WHERE "canRetry" AND status = \'failed\'',
    "stars.bad": 'SELECT tenant::uuid AS tenant_id FROM "Billing".feedback WHERE stars BETWEEN 1 AND 2 '
                 "AND tenant <> 'a'",
}
GRANTS = 'GRANT SELECT ON "crawlAttempts" TO badged_reader; GRANT USAGE ON SCHEMA "Billing" TO badged_reader; ' \
         'GRANT SELECT ON "Billing".feedback TO badged_reader'


@pytest.fixture
def served(grown, tmp_path):
    """The address of the role that reads a database which was brought up, with mapped tables in badged.yaml."""
    (tmp_path / "badged.yaml").write_text(MAPPED)
    up(grown)
    psql_file(grown, ROOT / "sql" / "postgres" / "reader_role.sql", "postgres")
    grown.sql(GRANTS)
    grown.sql('INSERT INTO "Billing".feedback (tenant, stars) '
              "SELECT t.id, n % 6 FROM tenants t, generate_series(1, 40) n")
    yield grown
    grown.sql("DROP OWNED BY badged_reader; DROP ROLE badged_reader")


def make_publication(database, tmp_path):
    """The one that check prints."""
    report = run("check", "--database", database.url("badged_reader"), cwd=tmp_path).stdout
    statement = report[report.index("CREATE PUBLICATION"):].split(";")[0]
    database.sql(statement)
    done = run("check", "--database", database.url("badged_reader"), cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("feed", ["stream", "poll"])
def test_it_is_counted_as_sql_counts_it_at_the_start_and_after_changes(served, tmp_path, feed):
    make_publication(served, tmp_path)
    with Following(served, "--feed", feed, url=served.url("badged_reader"), oracle=Oracle(BADGES, [A, B]),
                   cwd=tmp_path) as it:
        it.eventually_equal()
        numbers = it.oracle.numbers(it.ask(A).json())
        assert numbers["knowledge.sources"] == 1 and numbers["stars.bad"] > 0
        assert numbers["automation.outbox"] == 50 and numbers["feedback"] > 0
        served.sql('UPDATE "crawlAttempts" SET "canRetry" = NOT "canRetry"; UPDATE "Billing".feedback SET stars = 2 '
                   "WHERE stars = 5 AND tenant <> 'a'; DELETE FROM \"Billing\".feedback WHERE stars = 1")
        served.sql(f"INSERT INTO \"crawlAttempts\" SELECT gen_random_uuid(), '{B}', true, 'failed' "
                   "FROM generate_series(1, 3);"
                   "UPDATE integration_outbox SET status = 'dead' WHERE status = 'failed' AND id % 3 = 0;"
                   "UPDATE integration_outbox SET conversation_id = c.id FROM conversations c WHERE c.tenant_id = "
                   "integration_outbox.tenant_id; UPDATE feedback SET priority = 'on fire' WHERE priority = 'high';"
                   "UPDATE integrations SET status = 'error'")
        it.eventually_equal()
        assert it.oracle.numbers(it.ask(B).json())["conversations"] == 1


def test_policies_of_another_road_are_said_and_then_counted_past(served, tmp_path):
    """integrations has a policy on auth.uid(), which is nobody for a service."""
    make_publication(served, tmp_path)
    served.sql("UPDATE integrations SET status = 'error'; ALTER ROLE badged_reader NOBYPASSRLS")
    with Following(served, url=served.url("badged_reader"), oracle=Oracle(BADGES, [A, B]), cwd=tmp_path,
                   ready=False) as it:
        it.eventually_says("policies of public.integrations hold for role badged_reader; to mend it: "
                           "ALTER ROLE badged_reader BYPASSRLS")
        assert it.ask(A).status == 503
        served.sql("ALTER ROLE badged_reader BYPASSRLS")
        it.eventually_equal()
        assert it.oracle.numbers(it.ask(A).json())["integrations.installed"] == 1


def test_a_table_that_belongs_to_another_role_is_counted_like_any(served, tmp_path):
    served.sql(f"ALTER TABLE integration_outbox OWNER TO {OTHER}; GRANT ALL ON integration_outbox TO {OWNER}")
    assert up(served).endswith("badged: nothing to do\n")
    make_publication(served, tmp_path)
    with Following(served, url=served.url("badged_reader"), oracle=Oracle(BADGES, [A, B]), cwd=tmp_path) as it, \
            contextlib.closing(served.connect(OTHER)) as other:
        it.eventually_equal()
        other.sql("UPDATE integration_outbox SET status = 'failed'")
        it.eventually_equal()
