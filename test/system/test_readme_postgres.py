"""What the README says of Postgres: its statements are those of the files, and the files set up a database."""
import json
import re

import psycopg2
import pytest

from badged import ROOT, run
from postgres import TABLES, Database

README = (ROOT / "README.md").read_text()
SECTION = re.search(r"^## Point it at your Postgres\n(.*?)^## ", README, re.M | re.S)[1]
FILES = [ROOT / "sql" / name for name in ("postgres/reader_role.sql", "095_publication.sql")]


def plain(sql):
    return re.sub(r"\s+", " ", sql)


def statements():
    blocks = re.findall(r"```sql\n(.*?)```", SECTION, re.S)
    return [plain(s).strip() for block in blocks for s in re.findall(r"[^;]+;", block)]


def check(database, tmp_path, **more):
    done = run("check", "--json", "--database", database.url("badged_reader", **more), cwd=tmp_path)
    return done.returncode, {c["name"]: c for c in json.loads(done.stdout)["checks"]}


@pytest.fixture
def shop(cluster):
    """A database with tables of an owner who is no superuser, and nothing of badged."""
    cluster.sql("CREATE ROLE shop_owner LOGIN")
    cluster.sql("CREATE DATABASE shop OWNER shop_owner")
    with Database(cluster, "shop") as database:
        owner = database.connect("shop_owner")
        database.sql("GRANT CREATE ON SCHEMA public TO shop_owner")
        owner.script(TABLES)
        database.owner = owner
        yield database
        owner.close()
    cluster.sql("DROP ROLE IF EXISTS badged_reader, shop_owner, rds_replication")


def published(database, sql):
    """What the publication that this makes holds; it is gone afterwards."""
    database.owner.sql(sql)
    tables = database.sql("SELECT t.*, p.pubviaroot FROM pg_publication_tables t JOIN pg_publication p USING (pubname) "
                          "ORDER BY t.tablename")
    database.owner.sql("DROP PUBLICATION badged")
    return tables


@pytest.mark.parametrize("statement", [s for s in statements() if "PUBLICATION" not in s], ids=lambda s: s[:60])
def test_a_statement_of_the_readme_is_in_a_file(statement):
    assert any(statement in plain(path.read_text()) for path in FILES)


def test_the_publication_of_the_readme_is_the_one_that_the_file_makes(shop):
    (statement,) = [s for s in statements() if "PUBLICATION" in s]
    assert published(shop, statement) == published(shop, FILES[1].read_text())


def test_the_files_set_up_a_database(shop, tmp_path):
    role, publication = FILES
    for _ in range(2):  # they may be run again
        shop.connect().script(role)
        shop.owner.script(publication)
    shop.sql("ALTER TABLE feedback ENABLE ROW LEVEL SECURITY")
    assert shop.sql("SELECT rolsuper, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = 'badged_reader'") == [
        (False, False, False)]
    code, checks = check(shop, tmp_path)
    assert {name for name, c in checks.items() if c["verdict"] != "ok"} == set()
    assert code == 0


def test_the_publication_is_the_one_that_check_prints(shop, tmp_path):
    shop.connect().script(FILES[0])
    _, checks = check(shop, tmp_path)
    assert published(shop, checks["publication"]["mend"]) == published(shop, FILES[1].read_text())
    shop.owner.sql(checks["publication"]["mend"])
    assert check(shop, tmp_path)[0] == 0


def test_where_a_role_stands_for_the_right_to_replicate(shop, tmp_path):
    shop.sql("CREATE ROLE rds_replication REPLICATION")
    shop.connect().script(FILES[0])
    shop.owner.script(FILES[1])
    assert not shop.value("SELECT rolreplication FROM pg_roles WHERE rolname = 'badged_reader'")
    assert check(shop, tmp_path)[1]["right to replicate"]["verdict"] == "ok"
    shop.sql("REVOKE rds_replication FROM badged_reader")
    assert check(shop, tmp_path)[1]["right to replicate"]["mend"] == "GRANT rds_replication TO badged_reader;"


def test_the_role_can_read_what_it_was_given_and_nothing_else(shop):
    shop.connect().script(FILES[0])
    reader = shop.connect("badged_reader")
    assert reader.sql("SELECT id, tenant_id FROM feedback WHERE priority = 'high'") == []
    for refused in ("SELECT title FROM feedback", "SELECT name FROM tenants", "DELETE FROM feedback",
                    "UPDATE feedback SET priority = 'low'", "CREATE TABLE t (i int)"):
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            reader.sql(refused)
    reader.close()
