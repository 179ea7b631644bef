"""Postgres, as system tests run it.

    with Cluster() as cluster:                       # a server of its own, gone when the block ends
        database = cluster.database()                # the tables of badged, and a publication and a role to follow them
        database.sql("INSERT INTO tenants …")
        with Badged.serve(database.url()) as badged:
            ...

Tests take the fixtures `cluster`, one server for each worker of pytest, and `postgres`, a database in it that is
dropped after the test. A test that changes settings which others would notice makes a Cluster of its own.

A server runs as the user postgres when the tests run as root, else as whoever runs them. Nothing of it stays, even when
pytest is killed: beside each server a small shell waits for the end of a pipe that only pytest holds.
"""
import contextlib
import glob
import itertools
import os
import pathlib
import pwd
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse

import psycopg2
import psycopg2.extensions

from badged import ROOT, eventually

START_S = 60.0
STATEMENT_MS = 120_000  # a statement of a test that takes longer is stuck
COPY_BOTH_BYTES = 8  # of the answer to START_REPLICATION
TABLES = pathlib.Path(__file__).with_name("postgres_tables.sql")
TEMPLATE = "badged_template"
READER = "badged"
WITH_PASSWORD, PASSWORD = "badged_secret", "corect hörse/battery@staple:%40'\\ "
FOLLOWED = ("crawl_attempts", "page_failures", "feedback", "integrations", "integration_outbox")

SETTINGS = {
    "wal_level": "logical",
    "max_wal_senders": 10,
    "max_replication_slots": 10,
    "max_connections": 60,
    "max_prepared_transactions": 4,
    "shared_buffers": "32MB",
    "fsync": "off",  # only a machine that loses power would tell the difference
    "min_wal_size": "64MB",
    "max_wal_size": "512MB",
    "log_min_messages": "log",
    "log_line_prefix": "'%m [%p] %q%u@%d '",
}
ACCESS = f"""
local  all                    all                              trust
host   all                    {WITH_PASSWORD}  127.0.0.1/32    scram-sha-256
host   all                    all              127.0.0.1/32    trust
local  replication            all                              trust
host   replication            all              127.0.0.1/32    trust
"""

# Its argument is the folder of a server. Whatever has its working directory in there is a process of that server.
REAPER = """
import os, shutil, signal, sys, time
folder = sys.argv[1]
sys.stdin.buffer.read()

def processes():
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            if (os.readlink(f"/proc/{entry}/cwd") + "/").startswith(folder + "/"):
                yield int(entry)
        except OSError:
            pass

gentle_until = time.monotonic() + 5
while os.path.exists(folder):  # what was being started may have made more of it
    while alive := list(processes()):
        for pid in alive:
            try:
                os.kill(pid, signal.SIGQUIT if time.monotonic() < gentle_until else signal.SIGKILL)
                os.kill(pid, signal.SIGCONT)
            except OSError:
                pass
        time.sleep(0.05)
    shutil.rmtree(folder, ignore_errors=True)
"""


def server_user():
    """Whom the server runs as: Postgres refuses root."""
    return pwd.getpwnam("postgres") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())


def binaries():
    """The folder of the newest server that is installed."""
    versions = glob.glob("/usr/lib/postgresql/*/bin/initdb")  # where Debian keeps them, outside of PATH
    found = max(versions, key=lambda path: int(path.split("/")[4]), default=shutil.which("initdb"))
    assert found, "no Postgres server is installed: script/setup test"
    return pathlib.Path(found).parent


def server_version():
    """The major version of that server: what it knows differs from 14 on."""
    text = subprocess.check_output([binaries() / "postgres", "--version"], text=True)
    return int(re.search(r"\d+", text)[0])


def free_port():
    """A port below those that the kernel hands out by itself, so that it is still free for a restart."""
    for port in random.SystemRandom().sample(range(20_000, 32_000), 100):
        with socket.socket() as tried, contextlib.suppress(OSError):
            tried.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no free port")


class Connection(psycopg2.extensions.connection):
    """A connection on which each statement commits, unless the text says BEGIN."""

    def sql(self, text, values=None):
        """Run statements; the rows of the last one, if it gives any."""
        with self.cursor() as cursor:
            cursor.execute(text, values)
            return cursor.fetchall() if cursor.description else []

    def value(self, text, values=None):
        """The only value of the only row."""
        (row,) = self.sql(text, values)
        (found,) = row
        return found

    def script(self, path):
        self.sql(path.read_text())


class Cluster:
    """One server with its data, in a folder of its own."""

    def __init__(self, settings=None, standby_of=None):
        self.user, self.bin = server_user(), binaries()
        self.folder = tempfile.mkdtemp(prefix="badged-postgres-")
        self.reaper = subprocess.Popen([sys.executable, "-ISc", REAPER, self.folder], stdin=subprocess.PIPE,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        self.process, self.admin, self.names = None, {}, itertools.count(1)
        try:
            os.chown(self.folder, self.user.pw_uid, self.user.pw_gid)
            self.data, self.port = os.path.join(self.folder, "data"), free_port()
            if standby_of:
                self.run("pg_basebackup", "-D", self.data, "-h", standby_of.folder, "-p", str(standby_of.port),
                         "-U", "postgres", "--checkpoint=fast", "--write-recovery-conf", "--no-sync")
            else:
                self.run("initdb", "-D", self.data, "-U", "postgres", "--no-sync", "--encoding=UTF8",
                         "--locale=C.UTF-8", "--auth=trust")
            self.configure({**SETTINGS, **(settings or {})})
            self.start()
            if not standby_of:
                self.prepare()
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if kind is not None:
            print(f"--- the server's log\n{self.log()[-8000:]}")
        self.close()

    def run(self, name, *args, **more):
        """Run one of Postgres's own programs, as the server's user."""
        done = subprocess.run([self.bin / name, *args], cwd=self.folder, text=True, capture_output=True,
                              **self.identity(), **more)
        assert done.returncode == 0, f"{name}: {done.stderr}"
        return done.stdout

    def identity(self):
        if os.geteuid() != 0:
            return {}
        return {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []}

    def configure(self, settings):
        own = {"port": self.port, "listen_addresses": "'127.0.0.1'", "unix_socket_directories": f"'{self.folder}'"}
        with open(os.path.join(self.data, "postgresql.conf"), "a") as conf:
            conf.writelines(f"{name} = {value}\n" for name, value in {**own, **settings}.items())
        with open(os.path.join(self.data, "pg_hba.conf"), "w") as hba:
            hba.write(ACCESS)

    def log(self):
        with open(os.path.join(self.folder, "log"), errors="replace") as log:
            return log.read()

    def start(self, wait=True):
        with open(os.path.join(self.folder, "log"), "a") as log:
            self.process = subprocess.Popen([self.bin / "postgres", "-D", self.data], cwd=self.folder,
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                                            **self.identity())
        if wait:
            self.wait_until_it_answers()

    def wait_until_it_answers(self):
        def answers():
            assert self.process.poll() is None, f"the server ended with {self.process.returncode}:\n{self.log()}"
            with contextlib.suppress(psycopg2.OperationalError):
                self.connect("postgres").close()
                return True
        eventually(answers, START_S, "an answer of the server")

    def forget_sessions(self):
        for connection in self.admin.values():
            connection.close()
        self.admin.clear()

    def wait_for_the_end_of_sessions(self):
        """After something that ends all of them: until it has."""
        def has_ended():
            with contextlib.suppress(psycopg2.Error):
                self.sql("SELECT 1")
                return False
            return True
        eventually(has_ended, START_S, "the end of all sessions")
        self.forget_sessions()

    def stop(self, mode="fast"):
        """As pg_ctl's modes: fast tells all sessions to end, immediate leaves a crash behind."""
        self.forget_sessions()
        self.process.send_signal({"fast": signal.SIGINT, "immediate": signal.SIGQUIT}[mode])
        self.process.wait(START_S)

    def restart(self, mode="fast"):
        self.stop(mode)
        self.start()

    def close(self):
        """Stop it, whatever state it is in, and leave nothing behind."""
        self.forget_sessions()
        self.reaper.stdin.close()
        self.reaper.wait(START_S)
        if self.process is not None:
            self.process.wait(START_S)

    def standby(self, settings=None):
        """Another server that follows this one, as a Cluster: promote() makes it a primary."""
        standby = Cluster(settings, standby_of=self)
        try:
            eventually(lambda: standby.sql("SELECT 1 FROM pg_stat_wal_receiver WHERE status = 'streaming'"),
                       what="a standby that streams")
        except BaseException:
            standby.close()
            raise
        return standby

    def promote(self):
        self.sql("SELECT pg_promote(true, 60)")

    def processes(self):
        """Pids of all processes of the server that run now."""
        found = []
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                with contextlib.suppress(OSError):
                    if os.readlink(f"/proc/{entry}/cwd") == self.data:
                        found.append(int(entry))
        return found

    def connect(self, database="postgres", user="postgres", **more):
        """A new connection, over the unix socket unless host says otherwise; the caller closes it."""
        where = {"host": self.folder, "port": self.port, "application_name": "test", "connect_timeout": 10,
                 "options": f"-c statement_timeout={STATEMENT_MS}", **more}
        connection = psycopg2.connect(dbname=database, user=user, connection_factory=Connection, **where)
        connection.autocommit = True
        return connection

    def sql(self, text, values=None, database="postgres"):
        """Run statements as the superuser, on a connection that is kept for the next time."""
        kept = self.admin.get(database)
        if kept is None or kept.closed:
            kept = self.admin[database] = self.connect(database)
        return kept.sql(text, values)

    def reload(self):
        """Have the server read its configuration again, and wait until a new session sees it."""
        before = self.sql("SELECT pg_conf_load_time()")
        self.sql("SELECT pg_reload_conf()")

        def is_loaded():
            with contextlib.closing(self.connect()) as connection:
                return connection.sql("SELECT pg_conf_load_time()") != before
        eventually(is_loaded, what="the new configuration")

    def set(self, **settings):
        """Set what takes effect without a restart; None puts the old value back."""
        for name, value in settings.items():
            self.sql(f"ALTER SYSTEM RESET {name}" if value is None else f"ALTER SYSTEM SET {name} = '{value}'")
        self.reload()

    def prepare(self):
        """The roles, and the database that every test gets a copy of."""
        self.sql(f"CREATE ROLE {READER} LOGIN REPLICATION BYPASSRLS")
        self.sql(f"CREATE ROLE {WITH_PASSWORD} LOGIN REPLICATION BYPASSRLS PASSWORD %s", (PASSWORD,))
        self.sql(f"CREATE DATABASE {TEMPLATE}")
        with contextlib.closing(self.connect(TEMPLATE)) as template:
            template.script(TABLES)
            template.sql(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {READER}, {WITH_PASSWORD}")
            template.sql(f"CREATE PUBLICATION badged FOR TABLE {', '.join(FOLLOWED)}")

    def database(self, template=TEMPLATE):
        """A new database: a copy of the template."""
        name = f"test_{next(self.names)}"
        self.sql(f"CREATE DATABASE {name} TEMPLATE {template}")
        return Database(self, name)


class Database:
    """One database of a Cluster. `with` drops it at the end."""

    def __init__(self, cluster, name):
        self.cluster, self.name = cluster, name

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if kind is not None:
            print(f"--- the server's log\n{self.cluster.log()[-8000:]}")
        self.drop()

    def url(self, user=READER, port=None, host="127.0.0.1", password=None, **parameters):
        """How badged is told of it; port is that of a proxy, if there is one."""
        quote = urllib.parse.quote
        who = quote(user, safe="") + (":" + quote(password, safe="") if password else "")
        more = "?" + urllib.parse.urlencode(parameters, quote_via=quote) if parameters else ""
        return f"postgres://{who}@{quote(host, safe='')}:{port or self.cluster.port}/{self.name}{more}"

    def connect(self, user="postgres", **more):
        return self.cluster.connect(self.name, user, **more)

    def sql(self, text, values=None):
        return self.cluster.sql(text, values, self.name)

    def value(self, text, values=None):
        ((found,),) = self.sql(text, values)
        return found

    def psql(self, text):
        """Run statements with the psql program, as people do."""
        return self.cluster.run("psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", self.cluster.folder,
                                "-p", str(self.cluster.port), "-U", "postgres", "-d", self.name, "-c", text)

    def walsenders(self):
        """Pids of those that stream from this database."""
        return [pid for pid, in self.cluster.sql(
            "SELECT pid FROM pg_stat_activity WHERE backend_type = 'walsender' AND datname = %s", (self.name,))]

    def sessions(self, user=None):
        """Pids of all sessions of others in this database."""
        return [pid for pid, in self.cluster.sql(
            "SELECT pid FROM pg_stat_activity WHERE datname = %s AND usename = coalesce(%s, usename) "
            "AND application_name <> 'test'", (self.name, user))]

    def slots(self):
        return [name for name, in self.cluster.sql("SELECT slot_name FROM pg_replication_slots WHERE database = %s",
                                                   (self.name,))]

    def is_left_alone(self):
        """Whether badged left nothing behind."""
        return not self.walsenders() and not self.slots() and not self.sessions()

    def drop(self):
        """Also with sessions and slots in it."""
        kept = self.cluster.admin.pop(self.name, None)
        if kept is not None:
            kept.close()

        def is_dropped():
            self.cluster.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (self.name,))
            self.cluster.sql("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots "
                             "WHERE database = %s AND NOT active", (self.name,))
            with contextlib.suppress(psycopg2.errors.ObjectInUse):
                self.cluster.sql(f"DROP DATABASE IF EXISTS {self.name}")
                return True
        eventually(is_dropped, what=f"the end of {self.name}")
