"""Tables of every shape are counted as SQL counts them, or refused with what mends them."""
import json
import re

import pytest

from following import TENANTS, Following, Oracle, age
from postgres import READER

T, O = TENANTS[:2]
WHERE = "status = 'open'"


class Shape:
    """One table with a badge over it: how it is made and filled, what changes, and what the badge counts.

    {t} in statements is the table as SQL names it; {T} and {O} are tenants."""

    def __init__(self, make, *changes, table="things", schema=None, where=WHERE, tenant="tenant_id", distinct=None,
                 publish=None):
        self.make, self.changes = make, changes
        self.table, self.schema, self.where, self.tenant, self.distinct = table, schema, where, tenant, distinct
        self.publish = publish or "ALTER PUBLICATION badged ADD TABLE {t}"

    @staticmethod
    def quoted(name):
        return '"' + name.replace('"', '""') + '"'

    def name(self):
        return self.quoted(self.schema or "public") + "." + self.quoted(self.table)

    def run(self, database, text):
        for statement in filter(str.strip, text.split(";")):
            database.sql(statement.replace("{t}", self.name()).replace("{T}", T).replace("{O}", O))

    def lay(self, database):
        """Make the table, publish it, and let badged read it."""
        if self.schema:
            database.sql(f"CREATE SCHEMA {self.quoted(self.schema)}")
            database.sql(f"GRANT USAGE ON SCHEMA {self.quoted(self.schema)} TO {READER}")
        self.run(database, self.make)
        self.run(database, f"GRANT SELECT ON {{t}} TO {READER}; {self.publish}")

    def config(self, folder):
        source = {"table": self.table, "tenant": self.tenant}
        if self.where:
            source["where"] = self.where
        if self.schema:
            source["schema"] = self.schema
        if self.distinct:
            source["distinct"] = self.distinct
        path = folder / "shape.yaml"  # JSON is YAML
        path.write_text("badges:\n  - name: shape.count\n    zero: 0\n    count:\n      - "
                        + json.dumps(source, ensure_ascii=False) + "\n")
        return str(path)

    def followed(self, database, folder, ready=True):
        return Following(database, "--config", self.config(folder), "--feed", "stream", oracle=self.oracle(),
                         ready=ready)

    def oracle(self):
        tenant, where = self.quoted(self.tenant), f" WHERE {self.where}" if self.where else ""
        distinct = f"DISTINCT {tenant}, {self.quoted(self.distinct)}" if self.distinct else tenant
        sql = f"SELECT {distinct} AS tenant_id FROM {self.name()}{where}"
        if self.distinct:
            where = (where + " AND " if where else " WHERE ") + self.quoted(self.distinct) + " IS NOT NULL"
            sql = f"SELECT tenant_id FROM (SELECT DISTINCT {tenant} AS tenant_id, {self.quoted(self.distinct)} " \
                  f"FROM {self.name()}{where}) AS d"
        return Oracle({"shape.count": sql}, [T, O])


def keyed(key, values, more=(), columns="id"):
    """A table whose key is of some type; values are six different keys."""
    a, b, c, d, e, f = values
    listed = columns.replace(" ", "")
    equals = f"({listed}) = "
    return Shape(
        f"CREATE TABLE {{t}} ({key}, tenant_id uuid NOT NULL, status text NOT NULL, PRIMARY KEY ({columns}));"
        f"INSERT INTO {{t}} ({columns}, tenant_id, status) VALUES ({a}, '{{T}}', 'open'), ({b}, '{{T}}', 'done'),"
        f" ({c}, '{{O}}', 'open')",
        f"INSERT INTO {{t}} ({columns}, tenant_id, status) VALUES ({d}, '{{T}}', 'open'), ({e}, '{{O}}', 'open')",
        f"UPDATE {{t}} SET status = 'open' WHERE {equals}({b})",
        f"UPDATE {{t}} SET ({listed}) = ROW({f}) WHERE {equals}({a})",
        f"UPDATE {{t}} SET ({listed}) = ROW({a}), tenant_id = '{{O}}' WHERE {equals}({f})",
        f"BEGIN; DELETE FROM {{t}} WHERE {equals}({d});"
        f" INSERT INTO {{t}} ({columns}, tenant_id, status) VALUES ({d}, '{{O}}', 'open'); COMMIT",
        f"DELETE FROM {{t}} WHERE {equals}({c})",
        "UPDATE {t} SET status = 'done'", "DELETE FROM {t}", *more)


PLAIN = "id bigint PRIMARY KEY, tenant_id uuid NOT NULL, status text NOT NULL"
EVERY_CHANGE = (
    "INSERT INTO {t} (id, tenant_id, status) SELECT n, CASE WHEN n % 3 = 0 THEN '{T}' ELSE '{O}' END::uuid,"
    " CASE WHEN n % 2 = 0 THEN 'open' ELSE 'done' END FROM generate_series(101, 200) AS n",
    "UPDATE {t} SET status = 'open' WHERE id % 5 = 0",
    "UPDATE {t} SET tenant_id = '{T}' WHERE id % 7 = 0",
    "UPDATE {t} SET id = id + 1000 WHERE id % 11 = 0",
    "UPDATE {t} SET id = id + 1000, tenant_id = '{O}', status = 'open' WHERE id % 13 = 0",
    "DELETE FROM {t} WHERE id % 4 = 0",
    "BEGIN; CREATE TEMP TABLE kept ON COMMIT DROP AS SELECT * FROM {t}; DELETE FROM {t};"
    " INSERT INTO {t} (id, tenant_id, status) SELECT id, '{T}', 'open' FROM kept; COMMIT",
    "UPDATE {t} SET status = 'done' WHERE id % 3 = 0",
    "TRUNCATE {t}",
    "INSERT INTO {t} (id, tenant_id, status) VALUES (1, '{T}', 'open')",
)
FIRST = "INSERT INTO {t} (id, tenant_id, status) SELECT n, '{T}', 'open' FROM generate_series(1, 50) AS n;"
PARTED = ("CREATE TABLE {t} (id bigint, tenant_id uuid NOT NULL, status text NOT NULL, PRIMARY KEY (id))"
          " PARTITION BY RANGE (id);"
          "CREATE TABLE leaf_1 PARTITION OF {t} FOR VALUES FROM (0) TO (100);"
          "CREATE TABLE leaf_2 (status text NOT NULL, gone int, tenant_id uuid NOT NULL, id bigint NOT NULL);"
          "ALTER TABLE leaf_2 DROP COLUMN gone;"
          "ALTER TABLE {t} ATTACH PARTITION leaf_2 FOR VALUES FROM (100) TO (150);"
          "CREATE TABLE leaf_3 PARTITION OF {t} FOR VALUES FROM (150) TO (1000) PARTITION BY HASH (id);"
          "CREATE TABLE leaf_3_0 PARTITION OF leaf_3 FOR VALUES WITH (MODULUS 2, REMAINDER 0);"
          "CREATE TABLE leaf_3_1 PARTITION OF leaf_3 FOR VALUES WITH (MODULUS 2, REMAINDER 1);"
          "CREATE TABLE leaf_rest PARTITION OF {t} DEFAULT;" + FIRST)
LONG = "(SELECT string_agg(md5(n::text), '') FROM generate_series(1, 400) AS n)"  # 12,800 bytes that do not compress
TOASTED = "CREATE TABLE {t} (id bigint PRIMARY KEY, tenant_id uuid NOT NULL, status text NOT NULL, body text, n int);" \
          "ALTER TABLE {t} ALTER body SET STORAGE EXTERNAL;" \
          f"INSERT INTO {{t}} SELECT n, '{{T}}', 'open', CASE WHEN n % 2 = 0 THEN {LONG} END, n " \
          "FROM generate_series(1, 20) AS n;"
TOAST_CHANGES = (
    "UPDATE {t} SET n = n + 1",
    "UPDATE {t} SET status = 'done' WHERE id % 3 = 0",
    "UPDATE {t} SET tenant_id = '{O}' WHERE id % 4 = 0",
    "UPDATE {t} SET status = 'open', id = id + 100",
    f"UPDATE {{t}} SET body = CASE WHEN body IS NULL THEN {LONG} END WHERE id % 5 = 0",
    "UPDATE {t} SET n = n + 1",
    f"INSERT INTO {{t}} VALUES (1, '{{T}}', 'done', {LONG}, 1)",
    "UPDATE {t} SET status = 'open' WHERE id = 1",
)

SHAPES = {
    "uuid key": keyed("id uuid", [f"'{O[:-1]}{n}'::uuid" for n in range(6)]),
    "bigint key": keyed("id bigint", ["1", "-1", "9223372036854775807", "-9223372036854775808", "0", "256"]),
    "integer key": keyed("id integer", ["1", "-1", "2147483647", "-2147483648", "0", "256"]),
    "smallint key": keyed("id smallint", ["1", "-1", "32767", "-32768", "0", "256"]),
    "text key": keyed("id text", ["''", "' '", "'a'", "'A'", r"E'\n\t\\'", "'ä€𝄞'"]),
    "long text key": keyed("id text", [f"repeat('{c}', 2000)" for c in "abcdef"]),
    "text key of a uuid's length": keyed("id text", [f"'0123456789abcde{c}'" for c in "abcdef"]),
    "varchar key": keyed("id varchar(20)", ["'1'", "'01'", "'1 '", r"'\N'", "'NULL'", "''"]),
    "char key": keyed("id char(4)", ["'a'", "'b'", "'ab'", "''", "'abcd'", "'é'"]),
    "numeric key": keyed("id numeric", ["1.0", "1.01", "-1", "1e30", "'NaN'", "0.00"]),
    "float key": keyed("id float8", ["0.1", "1e308", "-1.5", "'NaN'", "'-Infinity'", "0.30000000000000004"]),
    "timestamptz key": keyed("id timestamptz", ["'2026-03-29 02:30:00.000001+01'", "'2026-03-29 "
                                                                                   "02:30+02'", "'infinity'",
                                                "'-infinity'", "'0044-03-15 BC'", "'294276-01-01'"]),
    "date key": keyed("id date", ["'2026-02-28'", "'2024-02-29'", "'infinity'", "'0001-01-01 BC'", "'2026-01-01'",
                                  "'1999-12-31'"]),
    "interval key": keyed("id interval", ["'1 day'", "'25 hours'", "'1 mon'", "'-1 sec'", "'0'", "'1 year 2 days'"]),
    "bytea key": keyed("id bytea", [r"'\x'", r"'\x00'", r"'\x0000'", r"'\xff'", r"'\x5c'", r"'\x0a09'"]),
    "inet key": keyed("id inet", ["'10.0.0.1'", "'10.0.0.0/8'", "'::1'", "'fe80::1'", "'10.0.0.2'", "'0.0.0.0'"]),
    "composite key": keyed("a uuid, b integer", [f"'{O}'::uuid, {n}" for n in range(3)]
                           + [f"'{T}'::uuid, {n}" for n in range(3)], columns="a, b"),
    "composite key whose parts could run together": keyed(
        "a text, b text, c text", ["'ab', 'c', ''", "'a', 'bc', ''", "'', 'abc', ''", "'a', 'b', 'c'", "'abc', '', ''",
                                   "'', '', 'abc'"], columns="a, b, c"),
    "composite key in another order than the columns": keyed(
        "b text, a integer", [f"{n}, 'x{n}'" for n in range(6)], columns="a, b"),
    "tenant in the key": Shape(
        "CREATE TABLE {t} (tenant_id uuid, id bigint, status text, PRIMARY KEY (tenant_id, id));" + FIRST,
        *EVERY_CHANGE),
    "enum key": Shape("CREATE TYPE kind AS ENUM ('a', 'b', 'c'); CREATE TABLE {t} (id kind PRIMARY KEY, tenant_id "
                      "uuid, "
                      "status text); INSERT INTO {t} VALUES ('a', '{T}', 'open'), ('b', '{O}', 'open')",
                      "INSERT INTO {t} VALUES ('c', '{T}', 'open')", "DELETE FROM {t} WHERE id = 'a'",
                      "UPDATE {t} SET id = 'a' WHERE id = 'c'", "UPDATE {t} SET tenant_id = '{O}'"),
    "domain key": Shape("CREATE DOMAIN ident AS bigint CHECK (VALUE > 0); CREATE TABLE {t} (id ident PRIMARY KEY, "
                        "tenant_id uuid, status text);" + FIRST, *EVERY_CHANGE),
    "identity default": Shape(f"CREATE TABLE {{t}} ({PLAIN});" + FIRST, *EVERY_CHANGE),
    "identity full": Shape(f"CREATE TABLE {{t}} ({PLAIN}); ALTER TABLE {{t}} REPLICA IDENTITY FULL;" + FIRST,
                           *EVERY_CHANGE),
    "identity index": Shape(f"CREATE TABLE {{t}} ({PLAIN}, other bigint NOT NULL GENERATED BY DEFAULT AS IDENTITY);"
                            "CREATE UNIQUE INDEX by_other ON {t} (other);"
                            "ALTER TABLE {t} REPLICA IDENTITY USING INDEX by_other;" + FIRST, *EVERY_CHANGE,
                            "UPDATE {t} SET other = -other", "UPDATE {t} SET other = -other, id = -id", "DELETE FROM "
                                                                                                        "{t}"),
    "identity index and no primary key": Shape(
        "CREATE TABLE {t} (id bigint NOT NULL UNIQUE, tenant_id uuid, status text);"
        "ALTER TABLE {t} REPLICA IDENTITY USING INDEX things_id_key;" + FIRST, *EVERY_CHANGE),
    "partitioned, published by its root": Shape(
        PARTED, *EVERY_CHANGE, "INSERT INTO {t} (id, tenant_id, status) SELECT n, '{T}', 'open' FROM generate_series"
        "(50, 300) n", "UPDATE {t} SET id = id + 600", "DELETE FROM {t} WHERE id % 2 = 0",
        publish="ALTER PUBLICATION badged ADD TABLE {t}; "
                "ALTER PUBLICATION badged SET (publish_via_partition_root = true)"),
    "partitioned, published by its leaves": Shape(
        PARTED, *EVERY_CHANGE, "INSERT INTO {t} (id, tenant_id, status) SELECT n, '{T}', 'open' FROM generate_series"
        "(50, 300) n", "UPDATE {t} SET id = id + 600", "DELETE FROM {t} WHERE id % 2 = 0", "TRUNCATE leaf_2",
        "TRUNCATE leaf_3"),
    "partitioned by tenant": Shape(
        "CREATE TABLE {t} (id bigint, tenant_id uuid, status text, PRIMARY KEY (tenant_id, id)) "
        "PARTITION BY LIST (tenant_id); CREATE TABLE leaf_t PARTITION OF {t} FOR VALUES IN ('{T}');"
        "CREATE TABLE leaf_o PARTITION OF {t} DEFAULT;" + FIRST, *EVERY_CHANGE),
    "unchanged TOAST in the predicate": Shape(TOASTED, *TOAST_CHANGES, where="status = 'open' AND body IS NOT NULL"),
    "unchanged TOAST in the predicate, identity full": Shape(
        TOASTED + "ALTER TABLE {t} REPLICA IDENTITY FULL", *TOAST_CHANGES, where="status = 'open' AND body IS NOT "
                                                                                 "NULL"),
    "unchanged TOAST beside the predicate": Shape(TOASTED, *TOAST_CHANGES),
    "unchanged TOAST in the distinct column": Shape(
        TOASTED, *TOAST_CHANGES, distinct="body", where="status = 'open' AND body IS NOT NULL"),
    "long text that is compared": Shape(
        TOASTED + "UPDATE {t} SET body = 'short' WHERE id = 1", *TOAST_CHANGES,
        "UPDATE {t} SET body = 'short' WHERE id % 2 = 1", where="body = 'short' OR status = 'done'"),
    "a generated column beside the others": Shape(
        f"CREATE TABLE {{t}} (double bigint GENERATED ALWAYS AS (id * 2) STORED, {PLAIN});" + FIRST, *EVERY_CHANGE),
    "dropped columns": Shape(f"CREATE TABLE {{t}} (a int, {PLAIN}, b int); ALTER TABLE {{t}} DROP a, DROP b, "
                             "ADD c int DEFAULT 7;" + FIRST, *EVERY_CHANGE, where="status = 'open' AND c = 7"),
    "quoted names": Shape(
        'CREATE TABLE {t} ("Id ""x""" bigint PRIMARY KEY, "Tenant" uuid, "select" text, "Größe" int);'
        "INSERT INTO {t} VALUES (1, '{T}', 'open', 1), (2, '{T}', 'open', 2)",
        "INSERT INTO {t} VALUES (3, '{T}', 'open', 2)", "UPDATE {t} SET \"Tenant\" = '{O}' WHERE \"Größe\" = 2",
        'UPDATE {t} SET "Größe" = 3', 'DELETE FROM {t} WHERE "Id ""x""" = 2',
        table='Mixed "Case"', tenant="Tenant", where="\"select\" = 'open' AND \"Größe\" >= 2"),
    "another schema": Shape(f"CREATE TABLE {{t}} ({PLAIN}); CREATE TABLE public.things "
                            f"({PLAIN});" + FIRST, *EVERY_CHANGE,
                            schema="Other Schema"),
    "enum column": Shape(
        "CREATE TYPE state AS ENUM ('done', 'open', 'it''s'); CREATE TABLE {t} (id bigint PRIMARY KEY, tenant_id uuid, "
        "status state);" + FIRST,
        *[c.replace("'done' END", "'done' END::state") for c in EVERY_CHANGE], "UPDATE {t} SET status = 'it''s'",
        where="status IN ('open', 'it''s')"),
    "domain columns": Shape(
        "CREATE DOMAIN who AS uuid; CREATE DOMAIN what AS text CHECK (VALUE <> ''); CREATE DOMAIN that AS what;"
        "CREATE TABLE {t} (id bigint PRIMARY KEY, tenant_id who, status that);" + FIRST, *EVERY_CHANGE),
    "no predicate": Shape(f"CREATE TABLE {{t}} ({PLAIN});" + FIRST, *EVERY_CHANGE, where=None),
    "NULL everywhere": Shape(
        "CREATE TABLE {t} (id bigint PRIMARY KEY, tenant_id uuid, status text);" + FIRST, *EVERY_CHANGE,
        "UPDATE {t} SET status = NULL", "UPDATE {t} SET tenant_id = NULL", "UPDATE {t} SET status = 'open'",
        "UPDATE {t} SET tenant_id = '{T}'", where="status = 'open' OR status IS NULL"),
    "distinct bigint": Shape("CREATE TABLE {t} (id bigint PRIMARY KEY, tenant_id uuid, status text, owner bigint);"
                             "INSERT INTO {t} SELECT n, '{T}', 'open', n % 5 FROM generate_series(1, 40) n",
                             "UPDATE {t} SET owner = NULL WHERE id % 2 = 0", "UPDATE {t} SET owner = 7 WHERE id % 3 "
                                                                             "= 0",
                             "DELETE FROM {t} WHERE owner = 7", "UPDATE {t} SET status = 'done' WHERE owner = 1",
                             distinct="owner"),
    "many types": Shape(
        "CREATE TABLE {t} (id bigint PRIMARY KEY, tenant_id uuid, i int, n numeric(10, 2), f float4, b boolean, "
        "at timestamptz, day date, u uuid, junk jsonb, list int[]);"
        "INSERT INTO {t} SELECT g, '{T}', g, g / 3.0, g / 7.0, g % 2 = 0, '2026-01-01'::timestamptz + g * '1 "
        "hour'::interval,"
        " '2026-01-01'::date + g, NULL, '{\"a\": [1]}', ARRAY[g] FROM generate_series(1, 100) g",
        "UPDATE {t} SET i = -i, n = n + 0.01, f = f * 2", "UPDATE {t} SET b = NULL WHERE id % 3 = 0",
        "UPDATE {t} SET at = at + '1 day', day = day - 20", "UPDATE {t} SET u = '{T}' WHERE id % 2 = 0",
        "UPDATE {t} SET f = 'NaN', n = 'NaN' WHERE id % 5 = 0", "UPDATE {t} SET at = 'infinity' WHERE id % 7 = 0",
        where="(i BETWEEN -60 AND 40 AND n >= 3.34) OR f > 10 OR b IS FALSE OR at > '2026-01-04T08:00:00.000Z' OR "
              f"day < '2026-01-05' OR u = '{T}'"),
}


def name(text):
    return re.sub(r"\W+", "_", text)


# Unchanged TOAST may end in a rebuild, and TRUNCATE, which gives a table another file. Nothing else may: it would hide
# what the stream lost.
REBUILT = re.compile("TOAST|long text that")


def follow(postgres, tmp_path, shape, may_rebuild=False):
    """Counts equal to SQL after each of the shape's changes."""
    shape.lay(postgres)
    with shape.followed(postgres, tmp_path) as following:
        following.eventually_equal()
        assert shape.oracle().counts(postgres)[T]["shape.count"] > 0
        slots, connection = postgres.slots(), postgres.connect()
        for change in shape.changes:
            may_rebuild = may_rebuild or change.startswith("TRUNCATE")
            shape.run(connection, change)
            following.eventually_equal()
            assert may_rebuild or postgres.slots() == slots, following.err.text()
        connection.close()


@pytest.mark.parametrize("shape, may_rebuild", [(shape, bool(REBUILT.search(n))) for n, shape in SHAPES.items()],
                         ids=map(name, SHAPES))
def test_a_table_of_this_shape_is_counted(postgres, tmp_path, shape, may_rebuild):
    follow(postgres, tmp_path, shape, may_rebuild)


REFUSED = {
    "no primary key": (Shape("CREATE TABLE {t} (id bigint, tenant_id uuid, status text)"), r"primary key"),
    "no primary key, identity full": (
        Shape("CREATE TABLE {t} (id bigint, tenant_id uuid, status text); ALTER TABLE {t} REPLICA IDENTITY FULL"),
        r"primary key"),
    "a primary key that may be deferred": (
        Shape(f"CREATE TABLE {{t}} ({PLAIN.replace('PRIMARY KEY', 'PRIMARY KEY DEFERRABLE')})"), r"primary key"),
    "identity nothing": (Shape(f"CREATE TABLE {{t}} ({PLAIN}); ALTER TABLE {{t}} REPLICA IDENTITY NOTHING"),
                         r"(?i)replica identity"),
    "not published": (Shape(f"CREATE TABLE {{t}} ({PLAIN})", publish="SELECT 1"), r"things"),
    "a generated column in the predicate": (
        Shape(f"CREATE TABLE {{t}} ({PLAIN}, is_open boolean GENERATED ALWAYS AS (status = 'open') STORED)",
              where="is_open"), r"is_open.*generated|generated.*is_open"),
    "unlogged": (Shape(f"CREATE UNLOGGED TABLE {{t}} ({PLAIN})", publish="SELECT 1"), r"(?i)unlogged"),
    "a view": (Shape(f"CREATE TABLE kept ({PLAIN}); CREATE VIEW {{t}} AS SELECT * FROM kept", publish="SELECT "
                                                                                                      "1"), r"view"),
    "a list without a needed column": (
        Shape(f"CREATE TABLE {{t}} ({PLAIN})", publish="ALTER PUBLICATION badged ADD TABLE {t} (id, "
                                                       "tenant_id)"), r"status"),
    "a row filter": (
        Shape(f"CREATE TABLE {{t}} ({PLAIN}); ALTER TABLE {{t}} REPLICA IDENTITY FULL",
              publish="ALTER PUBLICATION badged ADD TABLE {t} WHERE (status = 'open' AND id > 5)"), r"(?i)row "
                                                                                                    r"filter|WHERE"),
    "a column that is not there": (Shape(f"CREATE TABLE {{t}} ({PLAIN})", where="nowhere = 1"), r"nowhere"),
    "a number compared with text": (Shape(f"CREATE TABLE {{t}} ({PLAIN})", where="id = 'x'"), r"id"),
    "order of text": (Shape(f"CREATE TABLE {{t}} ({PLAIN})", where="status < 'open'"), r"status"),
    "a label that the enum does not have": (
        Shape("CREATE TYPE state AS ENUM ('done'); CREATE TABLE {t} (id bigint PRIMARY KEY, tenant_id uuid, status "
              "state)"),
        r"status.*label"),
    "a tenant that is no uuid": (
        Shape("CREATE TABLE {t} (id bigint PRIMARY KEY, tenant_id bigint, status text)"), r"tenant_id"),
}


@pytest.mark.parametrize("shape, words", REFUSED.values(), ids=map(name, REFUSED))
def test_a_table_of_this_shape_is_refused_with_the_reason(postgres, tmp_path, shape, words):
    shape.lay(postgres)
    with shape.followed(postgres, tmp_path, ready=False) as following:
        following.eventually_says(words)
        assert following.ask(T).status == 503


@pytest.mark.parametrize("publish", [
    "ALTER PUBLICATION badged ADD TABLE {t} (id, tenant_id, status)",
    "DROP PUBLICATION badged; CREATE PUBLICATION badged FOR ALL TABLES",
    "DROP PUBLICATION badged; CREATE PUBLICATION badged FOR TABLES IN SCHEMA public",
], ids=["a_list_of_what_is_needed", "of_all_tables", "of_a_schema"])
def test_a_publication_of_this_kind_is_followed(postgres, tmp_path, publish):
    shape = Shape(f"CREATE TABLE {{t}} ({PLAIN}, other int);" + FIRST, *EVERY_CHANGE, publish=publish)
    follow(postgres, tmp_path, shape)


def test_children_by_inheritance_are_counted_or_said(postgres, tmp_path):
    shape = Shape(f"CREATE TABLE {{t}} ({PLAIN}); CREATE TABLE child (PRIMARY KEY (id)) INHERITS ({{t}});" + FIRST +
                  "INSERT INTO child VALUES (1, '{T}', 'open')")
    shape.lay(postgres)
    postgres.sql(f"GRANT SELECT ON child TO {READER}")
    with Following(postgres, "--config", shape.config(tmp_path), oracle=shape.oracle(), ready=False) as following:
        following.eventually_says(r"(?i)inherit|child|feed ok: (?:live|polling)")
        shape.run(postgres, "INSERT INTO child VALUES (2, '{O}', 'open'); DELETE FROM {t} WHERE id = 1")
        if following.ask(T).status == 200:
            following.eventually_equal()
        else:
            assert following.ask(T).status == 503


def test_a_text_tenant_is_counted_or_refused(postgres, tmp_path):
    shape = Shape("CREATE TABLE {t} (id bigint PRIMARY KEY, tenant_id text, status text);" + FIRST, *EVERY_CHANGE)
    shape.lay(postgres)
    with Following(postgres, "--config", shape.config(tmp_path), oracle=shape.oracle(), ready=False) as following:
        following.eventually_says(r"tenant_id|feed ok: live")
        if following.ask(T).status == 200:
            assert age(following.ask(T)) is None
            following.eventually_equal()
