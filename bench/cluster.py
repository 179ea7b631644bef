"""A Postgres that is followed: the tables that badges count, a publication of them, and what Postgres's own programs
say of it and do with it."""
import re
import time

import psycopg2

from machine import ROOT, Failure, pinned, run
from server import postgres_programs, serve_badged, start_postgres

SETTINGS = {
    "wal_level": "logical",
    "autovacuum": "off",  # it comes when it likes, and two turns would not be alike
    "max_wal_size": "16GB",  # nor is a checkpoint in one of them only
    "checkpoint_timeout": "1h",
    "shared_buffers": "512MB",
}
ROWS_S, STATEMENT_S = 1800, 1800


class Cluster:
    """A new server in the lab's folder, with so many live rows of so many tenants."""

    def __init__(self, lab, tenants, rows, settings=None):
        self.lab, self.tenants, self.rows, self.programs = lab, tenants, rows, postgres_programs()
        self.folder, self.program = start_postgres(lab, {**SETTINGS, **(settings or {})})
        self.url = f"postgres://postgres@/postgres?host={self.folder}"
        for file, limit_s in (("postgres.sql", 60), ("follow.sql", 60), ("follow_rows.sql", ROWS_S)):
            self.psql("-f", ROOT / "bench" / file, limit_s=limit_s)
        self.admin = self.connect()

    def where(self):
        return ["-h", self.folder, "-U", "postgres"]

    def variables(self, **more):
        return [f"{name}={value}" for name, value in {"tenants": self.tenants, "rows": self.rows, **more}.items()]

    def psql(self, *arguments, limit_s=STATEMENT_S, core=None, **more):
        values = [part for variable in self.variables(**more) for part in ("-v", variable)]
        return run([*pinned(core), self.programs / "psql", *self.where(), "-X", "-q", "-v", "ON_ERROR_STOP=1", *values,
                    *arguments], timeout=limit_s)

    def connect(self):
        """A connection that commits each statement, or what a statement that opens a transaction has in it."""
        connection = psycopg2.connect(host=str(self.folder), user="postgres", dbname="postgres")
        connection.autocommit = True
        return connection

    def sql(self, text, values=None):
        """Run a statement; its rows, if it has any."""
        with self.admin.cursor() as cursor:
            cursor.execute(text, values)
            return cursor.fetchall() if cursor.description else []

    def value(self, text, values=None):
        return self.sql(text, values)[0][0]

    def position(self):
        return self.value("SELECT pg_current_wal_insert_lsn()::text")

    def serve_badged(self, core=None):
        """badged once it follows: live, and not only loaded."""
        badged = serve_badged(self.lab, self.url, core=core)
        badged.program.until(lambda: re.search(r": live\b", badged.program.printed()), "it was live")
        return badged

    def recvlogical(self, *arguments, slot):
        """pg_recvlogical, taking what badged takes from the server, and its arguments."""
        return [self.programs / "pg_recvlogical", *self.where(), "-d", "postgres", "-S", slot, "--start", "--no-loop",
                "-F", "0", "-o", "proto_version=1", "-o", "publication_names=badged", *arguments]

    def make_slot(self, slot):
        self.sql("SELECT pg_create_logical_replication_slot(%s, 'pgoutput')", (slot,))

    def drop_slot(self, slot, deadline_s=20):
        """Once the one who had it is gone."""
        end = time.monotonic() + deadline_s
        while self.value("SELECT active FROM pg_replication_slots WHERE slot_name = %s", (slot,)):
            if time.monotonic() > end:
                raise Failure(f"slot {slot} stays in use")
            time.sleep(0.01)
        self.sql("SELECT pg_drop_replication_slot(%s)", (slot,))

    def until_nobody_follows(self, deadline_s=60):
        end = time.monotonic() + deadline_s
        while self.value("SELECT count(*) FROM pg_stat_replication"):
            if time.monotonic() > end:
                raise Failure("somebody still follows the server")
            time.sleep(0.01)

    def walsender(self):
        """The process id of the only one there is."""
        return self.value("SELECT pid FROM pg_stat_replication")

    def sessions(self):
        """The process ids of the server's sessions for whoever follows."""
        return [pid for pid, in self.sql("SELECT pid FROM pg_stat_activity "
                                         "WHERE application_name IN ('badged', 'pg_recvlogical')")]
