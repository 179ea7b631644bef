"""sql/099_row_level_security.sql: a session sees the rows of the tenant that it names, and without a name none."""
import contextlib

import pytest

from migrating import A, B, OWNER, dump, migrate, up


@pytest.fixture
def secured(based):
    up(based)
    based.sql("".join(f"INSERT INTO tenants (id, name, slug) VALUES ('{t}', 'x', '{t}');"
                      f"INSERT INTO feedback (tenant_id, title) VALUES ('{t}', 'x');" for t in (A, B)))
    return based


def test_row_level_security_fails_closed_and_holds_for_the_owner(secured):
    up(secured, "--to", "99", user="postgres")
    up(secured, "--to", "99", user="postgres")
    with contextlib.closing(secured.connect(OWNER)) as owner:
        count = "SELECT count(*) FROM feedback"
        assert owner.value(count) == 0
        owner.sql(f"SET app.current_tenant_id = '{A}'")
        assert owner.value(count) == 1
        with pytest.raises(Exception, match="row-level security"):
            owner.sql(f"INSERT INTO feedback (tenant_id, title) VALUES ('{B}', 'x')")
        owner.sql("RESET app.current_tenant_id")
        assert owner.value(count) == 0
    assert secured.value("SELECT count(*) FROM pg_roles WHERE rolname LIKE 'badged_rls_test%%'") == 0
    assert secured.value("SELECT count(*) FROM feedback") == 2  # nothing of its test stays


@pytest.mark.parametrize("user", ["postgres", OWNER])
@pytest.mark.parametrize("policy", ["USING (true)", "FOR SELECT USING (true)"])
def test_row_level_security_is_not_kept_where_another_policy_lets_rows_through(secured, user, policy):
    secured.sql(f"CREATE POLICY everybody ON feedback {policy}; "
                f"GRANT SELECT, INSERT ON tenants TO {OWNER}")
    before = dump(secured, "-s", "--no-publications")
    done = migrate(secured, "up", "--to", "99", user=user)
    assert done.returncode != 0
    assert "row level security does not hold: public.feedback" in done.stderr, done.stderr
    assert dump(secured, "-s", "--no-publications") == before


@pytest.mark.parametrize("may_create", [True, False])
def test_who_is_exempt_from_policies_tries_them_out_in_the_name_of_another_role(secured, cluster, may_create):
    """As on managed servers, where the administrator has BYPASSRLS and CREATEROLE, and is no superuser."""
    cluster.sql(f"ALTER ROLE {OWNER} BYPASSRLS {'CREATEROLE' if may_create else ''}")
    try:
        secured.sql(f"GRANT SELECT, INSERT ON tenants TO {OWNER}")
        done = migrate(secured, "up", "--to", "99")
        assert (done.returncode == 0) == may_create, done.stderr
        assert may_create or "run this as another owner of the tables, or as a role with CREATEROLE" in done.stderr
    finally:
        cluster.sql(f"ALTER ROLE {OWNER} NOBYPASSRLS NOCREATEROLE")
    assert cluster.sql("SELECT FROM pg_roles WHERE rolname LIKE 'badged_rls_test%%'") == []
