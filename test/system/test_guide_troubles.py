"""Each trouble of the migration guide, on a real server and as an ordinary role: what `badged doctor` finds, what the
API answers, what the log says, and that everything comes right within five seconds of the mend, without a restart.
"""
import contextlib
import re
import time

import psycopg2
import pytest

from badged import ROOT, Badged, eventually
from doctoring import Diagnosis, take_the_advice
from migrating import A, OWNER, up
from postgres import READER, Cluster

RECOVERY_S = 5.0


class Troubled:
    """`badged serve` of a database in which something is wrong from the start."""

    def __init__(self, database, tmp_path, user=READER):
        self.database, self.tmp_path, self.url = database, tmp_path, database.url(user)
        self.badged = Badged.serve(self.url, ready=False)

    def __enter__(self):
        self.badged.__enter__()
        return self

    def __exit__(self, *error):
        self.badged.__exit__(*error)

    def diagnosis(self, *args):
        return Diagnosis(self.url, self.tmp_path, *args)

    def ask(self):
        return self.badged.get("/api/sidebar/badges", {"X-Tenant-Id": A})

    def says(self, *words):
        """Both the API and the log name the trouble and what mends it."""
        detail = eventually(lambda: (lambda answer: answer.status == 503 and self.knows(answer) and
                                     answer.json()["detail"])(self.ask()), what="a 503 that says why")
        answer = self.ask()
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert int(answer.headers["Retry-After"]) >= 1
        for word in words:
            assert word in detail, detail
            assert self.badged.err.wait_for(re.escape(word)), self.badged.err.text()

    @staticmethod
    def knows(answer):
        return answer.json()["detail"] != "the counts are not known yet"

    def recovers(self, **numbers):
        """As soon as this, it answers; and the doctor finds nothing that is in the way."""
        began = time.monotonic()
        eventually(lambda: self.ask().status == 200, RECOVERY_S, f"an answer\n{self.badged.err.text()}")
        print(f"recovered within {time.monotonic() - began:.1f} s")
        answer = self.ask().json()
        assert {name: answer[name] for name in numbers} == numbers
        found = self.diagnosis()
        for name in found.wrong():  # who may not publish leaves that to others; until then it polls
            if name.startswith("publi"):
                take_the_advice(self.database, found.mend(name))
        assert self.diagnosis("--url", self.badged.url).answer["problems"] == 0


@pytest.fixture
def bare(empty):
    """A database without tables, whose owner lets badged's role read those that will come."""
    empty.sql(f"GRANT CREATE ON DATABASE {empty.name} TO {OWNER}; "
              f"ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} GRANT SELECT ON TABLES TO {READER}")
    return empty


@pytest.fixture
def migrated(bare):
    """A database that was migrated, with one urgent feedback."""
    up(bare)
    bare.sql(f"INSERT INTO tenants (id, name, slug) VALUES ('{A}', 'a', 'a'); "
             f"INSERT INTO feedback (tenant_id, title, priority) VALUES ('{A}', 'x', 'urgent')")
    return bare


def test_relation_does_not_exist(bare, tmp_path):
    with Troubled(bare, tmp_path) as it:
        it.says('table "crawl_attempts" is not in schema "public"', "badged migrate up")
        found = it.diagnosis()
        assert found.checks["tables"]["verdict"] == found.checks["table feedback"]["verdict"] == "problem"
        assert "table public.feedback is not there" in found.found("table feedback")
        assert "badged migrate up (or psql -f sql/068_feedback.sql)" in found.mend("table feedback")
        up(bare)
        it.recovers(feedback=None)


def test_one_relation_does_not_exist(migrated, tmp_path):
    migrated.sql("DROP TABLE integration_outbox")
    with Troubled(migrated, tmp_path) as it:
        it.says('table "integration_outbox" is not in schema "public"', "badged migrate up")
        found = it.diagnosis()
        assert "table integration_outbox" in found.wrong() and "table feedback" not in found.wrong()
        up(migrated)
        it.recovers(feedback=1)


def test_permission_denied_on_the_schema(migrated, tmp_path):
    migrated.sql("REVOKE USAGE ON SCHEMA public FROM PUBLIC")
    with Troubled(migrated, tmp_path) as it:
        it.says("role badged may not use schema public", "GRANT USAGE ON SCHEMA public TO badged")
        found = it.diagnosis()
        assert found.wrong()["right to read"] == "problem"
        take_the_advice(migrated, found.mend("right to read"))
        it.recovers(feedback=1)


def test_permission_denied_on_a_table(migrated, tmp_path):
    migrated.sql("REVOKE SELECT ON feedback FROM badged")
    with Troubled(migrated, tmp_path) as it:
        it.says("role badged may not read id, tenant_id, priority, resolved_at of public.feedback",
                "GRANT SELECT (id, tenant_id, priority, resolved_at) ON public.feedback TO badged")
        found = it.diagnosis()
        assert found.wrong() == {"right to read": "problem"}
        take_the_advice(migrated, found.mend("right to read"))
        it.recovers(feedback=1)


def test_permission_denied_to_whoever_migrates(bare, tmp_path):
    """Without CREATE on the schema the migration is refused, with the grant that mends it."""
    bare.sql(f"REVOKE CREATE ON SCHEMA public FROM {OWNER}, PUBLIC")
    found = Diagnosis(bare.url(OWNER), tmp_path, "right-to-create")
    assert found.wrong() == {"right to create": "warning"}
    assert found.mend("right to create") == f"GRANT CREATE ON SCHEMA public TO {OWNER};"
    with pytest.raises(AssertionError, match="permission denied|may not create"):
        up(bare)
    with Troubled(bare, tmp_path) as it:
        it.says("crawl_attempts", "badged migrate up")
        take_the_advice(bare, found.mend("right to create"))
        up(bare)
        it.recovers(feedback=None)


def test_foreign_key_errors_because_base_tables_are_missing(bare, tmp_path):
    with contextlib.closing(bare.connect(OWNER)) as connection:
        with pytest.raises(psycopg2.errors.UndefinedTable, match='relation "public.tenants" does not exist'):
            connection.script(ROOT / "sql" / "090_sidebar_badge_tables.sql")
        connection.sql("ROLLBACK")
        with Troubled(bare, tmp_path) as it:
            it.says("crawl_attempts", "badged migrate up")
            found = it.diagnosis()
            assert found.wrong()["base tables"] == "problem"
            assert 'relation "public.tenants" does not exist' in found.found("base tables")
            assert "psql -f sql/060_base_tables.sql" in found.mend("base tables")
            for name in ("060_base_tables", "090_sidebar_badge_tables", "095_publication"):
                connection.script(ROOT / "sql" / f"{name}.sql")
            it.recovers(feedback=None)


def test_an_extension_is_missing_and_not_permitted(empty, tmp_path):
    """Scripts that want uuid-ossp fail as an ordinary role; badged's own want no extension."""
    empty.sql(f"ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} GRANT SELECT ON TABLES TO {READER}")
    with contextlib.closing(empty.connect(OWNER)) as connection:
        with pytest.raises(psycopg2.errors.InsufficientPrivilege, match="permission denied to create extension"):
            connection.sql('CREATE EXTENSION "uuid-ossp"')
        with pytest.raises(psycopg2.errors.UndefinedFunction, match="uuid_generate_v4"):
            connection.sql("CREATE TABLE feedback (id uuid PRIMARY KEY DEFAULT uuid_generate_v4())")
    with Troubled(empty, tmp_path) as it:
        it.says("crawl_attempts", "badged migrate up")
        found = it.diagnosis()
        assert found.found("row ids") == "gen_random_uuid() is built in; uuid-ossp is not installed, and not needed"
        up(empty)
        it.recovers(feedback=None)
        assert it.diagnosis("row-ids").wrong() == {}


def test_an_extension_that_the_owner_may_not_use(migrated, tmp_path):
    """A default that calls uuid-ossp in a schema of its own, as some providers have it."""
    migrated.sql('CREATE SCHEMA extensions; CREATE EXTENSION "uuid-ossp" SCHEMA extensions; '
                 "ALTER TABLE feedback ALTER COLUMN id SET DEFAULT extensions.uuid_generate_v4()")
    found = Diagnosis(migrated.url(), tmp_path, "row-ids")
    assert found.wrong() == {"row ids": "warning"}
    assert f"extensions.uuid_generate_v4(), which its owner {OWNER} may not" in found.found("row ids")
    take_the_advice(migrated, found.mend("row ids"))
    assert Diagnosis(migrated.url(), tmp_path, "row-ids").wrong() == {}


def test_policies_hide_rows(tmp_path):
    """In a cluster of its own: the role loses its exemption, which is the whole server's."""
    with Cluster() as cluster, cluster.database() as database:
        database.sql(f"ALTER ROLE {READER} NOBYPASSRLS")
        database.sql(f"INSERT INTO tenants (id, name, slug) VALUES ('{A}', 'a', 'a'); "
                     f"INSERT INTO feedback (tenant_id, title, priority) VALUES ('{A}', 'x', 'urgent'); ANALYZE; "
                     "ALTER TABLE feedback ENABLE ROW LEVEL SECURITY")
        with Troubled(database, tmp_path) as it:
            it.says("policies of public.feedback hold for role badged", "ALTER ROLE badged BYPASSRLS")
            found = it.diagnosis()
            assert found.wrong()["row security"] == found.wrong()["policies"] == "problem"
            assert found.found("policies") == \
                "policies of public.feedback leave role badged 0 of about 1 rows in sight"
            take_the_advice(database, found.mend("policies"))
            it.recovers(feedback=1)
            assert it.diagnosis("policies").found("policies") == \
                "public.feedback has 0; they do not hold for this role"


def test_the_api_still_fails_after_the_migration(empty, tmp_path):
    """The tables are there, and badged's role was never allowed to read them."""
    up(empty)
    with Troubled(empty, tmp_path) as it:
        it.says("may not read", "GRANT SELECT (id, tenant_id, status, can_retry) ON public.crawl_attempts TO badged")
        found = it.diagnosis()
        assert found.wrong()["right to read"] == "problem"
        assert all(verdict != "problem" for name, verdict in found.wrong().items() if name.startswith("table"))
        take_the_advice(empty, found.mend("right to read"))
        it.recovers(feedback=None)
