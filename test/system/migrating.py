"""What tests of migrating share: ordinary roles, running files and commands in their name, what a database holds."""
import json
import re
import subprocess

from badged import ROOT, run

SCHEMA, CONFIG, USAGE, BUSY = 72, 78, 64, 75
FILES = sorted(p.name for p in (ROOT / "sql").glob("[0-9]*.sql"))
UNASKED = [name for name in FILES if name != "099_row_level_security.sql"]
A, B = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
OWNER, OTHER = "migrate_owner", "migrate_other"

# A database that grew on its own: no column for conversations, other names, more values, policies, a search column.
GROWN = (ROOT / "test" / "system" / "grown.sql").read_text()


def sql_file(name):
    return (ROOT / "sql" / name).read_text()


def psql_file(database, path, user=OWNER):
    """Apply a file as a person does; what it says."""
    cluster = database.cluster
    done = subprocess.run([cluster.bin / "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", cluster.folder, "-p",
                           str(cluster.port), "-U", user, "-d", database.name, "-f", path], text=True,
                          capture_output=True, timeout=60)
    assert done.returncode == 0, f"{path}: {done.stderr}"
    return done.stderr


def dump(database, *options):
    """The database as pg_dump has it, without rights, and what differs from dump to dump."""
    text = database.cluster.run("pg_dump", "-h", database.cluster.folder, "-p", str(database.cluster.port), "-U",
                                "postgres", "-x", *options, database.name)
    return re.sub(r"(?m)^(--.*|\\(un)?restrict .*|)\n", "", text)


def rows(database, tables):
    """Every row of those tables, as text of the columns that they have now."""
    return {table: database.sql(f"SELECT r::text FROM {table} r ORDER BY 1") for table in tables}


def columns(database, table):
    return [name for name, in database.sql(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped "
        "ORDER BY attnum", (table,))]


def migrate(database, *words, user=OWNER, **more):
    verb, *options = words
    return run("migrate", verb, "--database", database.url(user=user), *options, **more)


def up(database, *options, user=OWNER):
    done = migrate(database, "up", *options, user=user)
    assert done.returncode == 0, done.stderr
    return done.stderr


def status(database, user=OWNER):
    done = migrate(database, "status", "--json", user=user)
    assert done.returncode == 0, done.stderr
    return {file["file"]: file["state"] for file in json.loads(done.stdout)}


def indexes_that_are_not_valid(database):
    return [name for name, in database.sql(
        "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid")]
