"""Rows to measure with: SQLite files in the form that badged has, and the same rows in Postgres."""
import csv
import io
import shutil
import sqlite3
import subprocess
import time

from machine import ROOT, Failure, run, say
from server import postgres_programs

BYTES_A_ROW = 700  # room that a row of the file takes at most, with every index
TABLES = ("crawl_attempts", "page_failures", "feedback", "integrations", "integration_outbox")


def statements(name):
    return (ROOT / name).read_text()


def make_sqlite(lab, name, tenants, rows, live_percent, has_indexes=True):
    """A file with that many rows over the tables that badges count. Without the secondary indexes, which badged does
    not read by, it is made in a fraction of the time."""
    file = lab.folder / f"{name}.db"
    if shutil.disk_usage(lab.folder).free < rows * BYTES_A_ROW + 2**30:
        raise Failure(f"{rows:,} rows need {rows * BYTES_A_ROW / 2**30 + 1:.0f} GiB in {lab.folder.parent}: "
                      "make room, or name another folder in TMPDIR")
    started = time.monotonic()
    database = sqlite3.connect(file, isolation_level=None)
    database.executescript(statements("sql/sqlite/001_tables.sql"))
    # No crash has to be survived, and temporary tables are small beside the rows.
    for pragma in ("journal_mode = OFF", "synchronous = OFF", "locking_mode = EXCLUSIVE", "cache_size = -1000000",
                   "temp_store = FILE"):
        database.execute(f"PRAGMA {pragma}")
    query = "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL"
    indexes = database.execute(query).fetchall()
    database.execute("BEGIN")
    for index, _ in indexes:
        database.execute(f"DROP INDEX {index}")
    database.execute("CREATE TEMP TABLE size (tenants INTEGER, rows INTEGER, live_percent INTEGER)")
    database.execute("INSERT INTO size VALUES (?, ?, ?)", (tenants, rows, live_percent))
    database.execute("COMMIT")
    database.executescript(f"BEGIN;\n{statements('bench/rows.sql')}\nCOMMIT;")
    if has_indexes:
        for _, sql in indexes:
            database.execute(sql)
        database.execute("ANALYZE")
    made = sum(database.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in TABLES)
    database.close()
    say(f"  {made:,} rows made in {time.monotonic() - started:.0f} s, {file.stat().st_size / 2**20:,.0f} MiB")
    return file


def copy_to_postgres(file, socket_folder):
    """The rows of the file, in the tables of bench/postgres.sql."""
    psql = [postgres_programs() / "psql", "-h", socket_folder, "-U", "postgres", "-X", "-q", "-v", "ON_ERROR_STOP=1"]
    run([*psql, "-f", ROOT / "bench" / "postgres.sql"], timeout=60)
    database = sqlite3.connect(file)
    for table in TABLES:
        columns = run([*psql, "-A", "-t", "-c", "SELECT string_agg(attname, ',' ORDER BY attnum) FROM pg_attribute "
                       f"WHERE attrelid = '{table}'::regclass AND attnum > 0"], timeout=60).strip()
        copy = subprocess.Popen([*map(str, psql), "-c", f"COPY {table} ({columns}) FROM STDIN (FORMAT csv)"],
                                stdin=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
        with io.TextIOWrapper(copy.stdin, newline="") as to:
            csv.writer(to).writerows(database.execute(f"SELECT {columns} FROM {table}"))
        complaint = copy.stderr.read().decode()
        if copy.wait(60) != 0:
            raise Failure(f"copying {table} to Postgres: {complaint}")
    database.close()
    run([*psql, "-f", ROOT / "bench" / "postgres_indexes.sql"], timeout=300)
