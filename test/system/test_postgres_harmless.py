"""What badged takes from the database that it follows: no log kept for longer than it must, no wait without an end, and
where it may not follow, a count every few seconds."""
import contextlib
import random
import re
import threading
import time

import psycopg2
import pytest

from badged import eventually
from following import TENANTS, Following, Ledger, Oracle, Readers, age, as_of, fill, lsn, transaction
from postgres import COPY_BOTH_BYTES, READER, WITH_PASSWORD, Cluster
from tcp_proxy import TcpProxy

T = TENANTS[0]
LOCK_S = 10.0  # after so long, a statement of badged's gives a lock up
REPORT_S = 3.0  # the server hears at least so often how far badged is
BLOCKED_S = 45.0  # within this, waiting for a slot comes to an end
THINGS = f"""
CREATE TABLE things (id bigint PRIMARY KEY, tenant_id uuid, status text, body text);
GRANT SELECT ON things TO {READER};
ALTER PUBLICATION badged ADD TABLE things
"""
THINGS_BADGE = """
badges:
  - name: things.open
    zero: 0
    count: [{ table: things, where: "status = 'open'" }]
"""
THINGS_ORACLE = Oracle({"things.open": "SELECT tenant_id FROM things WHERE status = 'open'"})


def configured(folder, text):
    (folder / "badged.yaml").write_text(text)
    return folder


def confirmed(database):
    """The position up to which the server need not keep its log for badged."""
    found = database.sql("SELECT confirmed_flush_lsn::text FROM pg_replication_slots WHERE database = "
                         "%s", (database.name,))
    return lsn(found[0][0]) if found else 0


def test_the_server_may_drop_the_log_while_only_other_tables_change(postgres):
    postgres.sql("CREATE TABLE other (id bigint, body text)")
    with Following(postgres) as following:
        slots = postgres.slots()
        for _ in range(5):
            postgres.sql("INSERT INTO other SELECT n, repeat('x', 1000) FROM generate_series(1, 2000) AS n")
            written = lsn(postgres.value("SELECT pg_current_wal_lsn()::text"))
            eventually(lambda: confirmed(postgres) >= written, 2 * REPORT_S, "a report to the server")
            eventually(lambda: as_of(following.ask(T))[1] >= written, REPORT_S, "an as-of that goes on")
        assert postgres.slots() == slots


def test_the_server_may_drop_the_log_while_another_database_changes(postgres, cluster):
    with cluster.database() as other, Following(postgres):
        other.sql("CREATE TABLE other AS SELECT n FROM generate_series(1, 100000) AS n")
        written = lsn(postgres.value("SELECT pg_current_wal_lsn()::text"))
        eventually(lambda: confirmed(postgres) >= written, 2 * REPORT_S, "a report to the server")


class Silence:
    """How long badged went without a word to the server on the connection that streams."""

    def __init__(self, proxy):
        self.proxy, self.longest, self.is_over = proxy, 0.0, threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.is_over.set()
        self.thread.join()

    def _watch(self):
        sent, since = self.proxy.stream_up_bytes(), time.monotonic()
        while not self.is_over.wait(0.05):
            now = time.monotonic()
            if self.proxy.stream_up_bytes() != sent:
                sent, since = self.proxy.stream_up_bytes(), now
            self.longest = max(self.longest, now - since)


@pytest.mark.timeout(7200)
def test_a_huge_transaction_is_followed_without_a_silence(postgres, tmp_path, request):
    """The server hears from badged all through it, so that no wal_sender_timeout can strike, and it is seen whole."""
    rows = 10_000_000 if request.config.getoption("--long") else 1_000_000
    postgres.sql(THINGS)
    config = "lag_seconds: 7200" + THINGS_BADGE  # ten million take minutes, and being behind for long is not the matter
    with TcpProxy(postgres.cluster.port) as proxy, \
            Following(postgres, cwd=configured(tmp_path, config), proxy=proxy, oracle=THINGS_ORACLE) as following:
        slots = postgres.slots()
        with Silence(proxy) as silence, Readers(following, tenants=[T]) as readers:
            postgres.sql("SET statement_timeout = 0")
            postgres.sql(f"INSERT INTO things SELECT n, '{T}', CASE WHEN n % 4 = 0 THEN 'open' ELSE 'done' END, 'x' "
                         f"FROM generate_series(1, {rows}) AS n")
            took = following.eventually_equal(rows / 5_000)
        print(f"{rows} rows counted {took:.1f} s after the commit; the longest silence was {silence.longest:.1f} s")
        assert {numbers["things.open"] for _, _, numbers, _, _ in readers.answers} == {0, rows // 4}
        assert postgres.slots() == slots, following.err.text()
        assert silence.longest < REPORT_S


@pytest.mark.parametrize("ceiling", ["lag_bytes: 1 MiB", "lag_seconds: 3"], ids=["bytes", "seconds"])
def test_too_far_behind_it_lets_go_of_the_log_and_loads_anew(postgres, tmp_path, ceiling):
    postgres.sql(THINGS)
    postgres.sql("ALTER TABLE things ALTER body SET STORAGE EXTERNAL")
    with TcpProxy(postgres.cluster.port) as proxy:
        with Following(postgres, cwd=configured(tmp_path, ceiling + THINGS_BADGE), proxy=proxy,
                       oracle=THINGS_ORACLE) as following:
            (slot,) = postgres.slots()
            proxy.fault("delay")  # some 200 KB a second: these rows would take minutes, loading them seconds
            postgres.sql(f"INSERT INTO things SELECT n, '{T}', 'open', repeat('x', 100000) FROM generate_series(1, "
                         f"500) n")
            eventually(lambda: slot not in postgres.slots(), 20, "the end of the slot")
            proxy.heal()
            following.eventually_equal()
            assert ceiling.split(":")[0] in following.err.text()


def test_a_start_asks_once_what_the_tables_are(postgres):
    cluster = postgres.cluster
    cluster.set(log_statement="all")
    try:
        before = len(cluster.log())
        with Following(postgres) as following:
            following.eventually_in("live")
        said = cluster.log()[before:]
    finally:
        cluster.set(log_statement=None)
    assert said.count("'publication_sql'") == 1
    assert said.count("START_REPLICATION") >= 1


def test_a_load_that_never_catches_up_is_polled_instead(postgres, tmp_path):
    """Loading anew would not do better, and would begin again and again."""
    postgres.sql(THINGS)
    postgres.sql(f"INSERT INTO things SELECT n, '{T}', 'open', 'x' FROM generate_series(1, 3) n")
    with TcpProxy(postgres.cluster.port) as proxy:
        proxy.arm("blackhole", text=b"COPY", on="stream")
        with Following(postgres, cwd=configured(tmp_path, "lag_seconds: 1" + THINGS_BADGE), proxy=proxy,
                       oracle=THINGS_ORACLE, ready=False) as following:
            following.eventually_in("loading")
            eventually(lambda: not proxy.is_armed(), what="the load")
            postgres.sql(f"INSERT INTO things VALUES (4, '{T}', 'open', 'x')")  # which only the stream will have
            proxy.fault("delay")  # so that this is in time
            proxy.arm("blackhole", COPY_BOTH_BYTES, b"START_REPLICATION", on="stream")
            following.eventually_in("polling")
            following.eventually_equal()
            assert ": polling: behind for more than the 1 s that lag_seconds allows" in following.err.text()


# Where it may not follow


@pytest.fixture
def filled(postgres):
    fill(postgres)
    return postgres


def assert_it_polls(following, database):
    """It counts every second, whole, and says when that was."""
    connection = database.connect()
    r, ledger = random.Random(2), Ledger(connection, following.oracle)
    with Readers(following) as readers:
        for _ in range(30):
            ledger.write(*transaction(r))
            time.sleep(0.02)
        following.eventually_equal()
        ledger.write(*transaction(r))
        following.eventually_equal()
    connection.close()
    ledger.check_at_least(readers.answers)
    assert following.state() == "polling"
    assert not database.slots()


FAST = "poll_seconds: 1\n"


def test_it_polls_when_it_is_told_to(filled, tmp_path):
    with Following(filled, "--feed", "poll", cwd=configured(tmp_path, FAST)) as following:
        assert_it_polls(following, filled)


@pytest.mark.parametrize("feed", ["auto", "poll"])
def test_as_of_stays_on_its_timeline_when_it_connects_anew_to_poll(filled, tmp_path, feed):
    """An idle server is where it was, and what names a commit on its timeline must go on to mean it."""
    url = filled.url(WITH_PASSWORD, host=filled.cluster.folder)
    try:
        with Following(filled, "--feed", feed, url=url, cwd=configured(tmp_path, FAST)) as following:
            following.eventually_equal()
            filled.sql(f"ALTER ROLE {WITH_PASSWORD} NOREPLICATION")
            for _ in range(3):
                for pid in filled.sessions(WITH_PASSWORD):
                    filled.sql("SELECT pg_terminate_backend(%s, 5000)", (pid,))
                following.eventually_says("rebuilding|connecting")
                following.eventually_in("polling")
                following.eventually_equal()
            assert as_of(following.ask(T))[0] == 1
    finally:
        filled.sql(f"ALTER ROLE {WITH_PASSWORD} REPLICATION")


OF_THE_ROLE = {"idle_session_timeout": "500ms", "idle_in_transaction_session_timeout": "500ms",
               "statement_timeout": "20s", "default_transaction_isolation": "serializable",
               "default_transaction_read_only": "on", "default_transaction_deferrable": "on", "search_path": "nowhere",
               "TimeZone": "Asia/Kathmandu", "DateStyle": "German", "IntervalStyle": "sql_standard",
               "client_encoding": "LATIN1", "extra_float_digits": "-10", "bytea_output": "escape",
               "quote_all_identifiers": "on", "client_min_messages": "debug5"}


@pytest.mark.parametrize("feed, state", [("poll", "polling"), ("stream", "live")])
def test_what_the_role_has_set_for_other_programs_is_no_matter(filled, tmp_path, feed, state):
    """Time limits above all: a session that polls, or waits for its load, has nothing to say for long."""
    filled.sql(f"CREATE ROLE hurried LOGIN REPLICATION BYPASSRLS IN ROLE {READER}")
    try:
        for name, value in OF_THE_ROLE.items():
            filled.sql(f"ALTER ROLE hurried SET {name} = '{value}'")
        with Following(filled, "--feed", feed, url=filled.url("hurried"),
                       cwd=configured(tmp_path, "poll_seconds: 2\n")) as following:
            sessions = filled.sessions("hurried")
            for _ in range(3):
                filled.sql(f"INSERT INTO feedback (tenant_id, title, priority) VALUES ('{T}', 'x', 'urgent')")
                following.eventually_equal()
            assert filled.sessions("hurried") == sessions and following.state() == state, following.err.text()
        eventually(filled.is_left_alone)
    finally:
        filled.sql("DROP ROLE hurried")


def test_no_view_takes_the_place_of_a_table_for_its_load(filled):
    """A view may run functions of anybody, with the rights of whoever reads it."""
    if not filled.sql("SELECT 1 FROM pg_settings WHERE name = 'restrict_nonsystem_relation_kind'"):
        pytest.skip("this server is older than the setting")
    with contextlib.ExitStack() as stack:
        with open_transaction(filled) as pid:
            following = stack.enter_context(Following(filled, "--feed", "stream", ready=False))
            following.eventually_says(rf"\b{pid}\b")  # it has looked at the tables
            filled.sql(f"""
                CREATE FUNCTION hijack() RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS
                    $$BEGIN RAISE LOG 'hijacked by a view'; RETURN true; END$$;
                BEGIN;
                ALTER TABLE feedback RENAME TO opinions;
                CREATE VIEW feedback AS SELECT * FROM opinions WHERE hijack();
                GRANT SELECT ON feedback TO {READER};
                INSERT INTO opinions (tenant_id, title, priority) VALUES ('{T}', 'x', 'urgent');
                COMMIT""")
        following.eventually_says("is a view")
        filled.sql("DROP VIEW feedback; ALTER TABLE opinions RENAME TO feedback")
        following.eventually_in("live", deadline_s=30)
        following.eventually_equal()
        assert "hijacked" not in filled.cluster.log()


def test_counts_are_stale_while_a_poll_takes_long(filled, tmp_path):
    with Following(filled, "--feed", "poll", cwd=configured(tmp_path, FAST)) as following:
        following.eventually_equal()
        with contextlib.closing(filled.connect()) as connection:
            connection.sql("BEGIN; LOCK TABLE feedback IN ACCESS EXCLUSIVE MODE")
            eventually(lambda: age(following.ask(T)) is not None, LOCK_S - 2)
            following.eventually_says("polling, stale.*takes long")
            connection.sql("COMMIT")
        following.eventually_equal()


def test_without_wal_level_logical_it_polls_and_says_so(tmp_path):
    with Cluster({"wal_level": "replica"}) as cluster, cluster.database() as database:
        fill(database)
        with Following(database, cwd=configured(tmp_path, FAST)) as following:
            following.eventually_says("polling.*wal_level")
            assert_it_polls(following, database)
            cluster.sql("ALTER SYSTEM SET wal_level = 'logical'")
            cluster.restart()
            following.eventually_in("live", deadline_s=30)
            following.eventually_equal()
        with Following(database, "--feed", "stream", ready=False) as following:
            following.eventually_in("live")


def test_without_the_right_to_replicate_it_polls_and_says_so(filled, tmp_path):
    filled.sql(f"ALTER ROLE {WITH_PASSWORD} NOREPLICATION")
    try:
        url = filled.url(WITH_PASSWORD, host=filled.cluster.folder)
        with Following(filled, url=url, cwd=configured(tmp_path, FAST)) as following:
            following.eventually_says("polling.*(?i:replicat)")
            assert_it_polls(following, filled)
            filled.sql(f"ALTER ROLE {WITH_PASSWORD} REPLICATION")
            following.eventually_in("live", deadline_s=30)
            following.eventually_equal()
    finally:
        filled.sql(f"ALTER ROLE {WITH_PASSWORD} REPLICATION")


def test_without_a_free_slot_it_polls_and_says_so(filled, tmp_path):
    names = []
    try:
        with contextlib.suppress(psycopg2.Error):
            for n in range(20):
                filled.sql(f"SELECT pg_create_physical_replication_slot('other_{n}')")
                names.append(f"other_{n}")
        with Following(filled, cwd=configured(tmp_path, FAST)) as following:
            following.eventually_says("polling.*slot")
            connection = filled.connect()
            connection.sql(f"INSERT INTO feedback (tenant_id, title, priority) VALUES ('{T}', 'x', 'urgent')")
            following.eventually_equal()
            filled.sql(f"SELECT pg_drop_replication_slot('{names.pop()}')")
            following.eventually_in("live", deadline_s=30)
            following.eventually_equal()
    finally:
        for name in names:
            filled.sql(f"SELECT pg_drop_replication_slot('{name}')")


# Waiting for a slot


@contextlib.contextmanager
def open_transaction(database):
    """One that has written, and so holds up whoever makes a slot; its pid."""
    connection = database.connect()
    connection.sql("BEGIN; SELECT pg_current_xact_id()")
    try:
        yield connection.info.backend_pid
    finally:
        connection.close()


def test_who_holds_up_the_slot_is_named_and_counts_come_by_polling(filled, tmp_path):
    with open_transaction(filled) as pid, Following(filled, cwd=configured(tmp_path, FAST), ready=False) as following:
        following.eventually_says(rf"\b{pid}\b")
        assert len(filled.walsenders()) <= 1
        following.eventually_in("polling", deadline_s=BLOCKED_S)
        following.eventually_says(rf"\b{pid}\b")
        filled.sql(f"INSERT INTO feedback (tenant_id, title, priority) VALUES ('{T}', 'x', 'urgent')")
        following.eventually_equal()
        eventually(lambda: not filled.walsenders(), what="no walsender that waits")


def test_who_holds_up_the_slot_is_told_once(filled):
    with open_transaction(filled), Following(filled, "--feed", "stream", url=filled.url("postgres"),
                                             ready=False) as following:
        assert following.err.wait_for(r"lock timeout \(55P03\)")
        told = [line for line in following.err.lines if line.rstrip().endswith(": let it end")]
        assert len(told) == 1 and re.search(r"begun at [-0-9]{10} [:0-9]{8} UTC", told[0]), following.err.text()


def test_it_streams_once_nothing_holds_up_the_slot(filled):
    with contextlib.ExitStack() as stack:
        with open_transaction(filled) as pid:
            following = stack.enter_context(Following(filled, "--feed", "stream", ready=False))
            following.eventually_says(rf"\b{pid}\b")
            assert following.ask(T).status == 503
        following.eventually_in("live", deadline_s=5)
        following.eventually_equal()


def test_a_prepared_transaction_that_holds_up_the_slot_is_named(filled):
    name = f"held_{filled.name}"
    connection = filled.connect()
    connection.sql("BEGIN; SELECT pg_current_xact_id()")
    connection.sql(f"PREPARE TRANSACTION '{name}'")
    connection.close()
    try:
        with Following(filled, "--feed", "stream", ready=False) as following:
            following.eventually_says("prepared transaction")
            filled.sql(f"COMMIT PREPARED '{name}'")
            following.eventually_in("live", deadline_s=5)
    finally:
        with contextlib.suppress(psycopg2.Error):
            filled.sql(f"ROLLBACK PREPARED '{name}'")


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_its_walsender_does_not_outlive_it_while_it_waits_for_a_slot(filled, end):
    with open_transaction(filled):
        with Following(filled, "--feed", "stream", ready=False) as following:
            following.eventually_in("waiting for slot")
            eventually(filled.walsenders)
            getattr(following, end)()
            eventually(filled.is_left_alone, 10, "the end of its walsender")


def test_a_lock_on_a_table_ends_a_load_with_the_reason(filled):
    """ACCESS EXCLUSIVE, as a migration takes it: the load gives up after a while and tries again."""
    with Following(filled, "--feed", "stream") as following:
        with contextlib.closing(filled.connect()) as connection:
            connection.sql("BEGIN; LOCK TABLE feedback IN ACCESS EXCLUSIVE MODE")
            filled.cluster.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s "
                               "AND backend_type = 'walsender'", (filled.name,))
            eventually(lambda: following.ask(T).headers["Badged-Stale"] is not None, 10, "a stale answer")
            following.eventually_says("lock", 30)
            connection.sql("COMMIT")
        following.eventually_equal()


def test_it_stops_where_a_load_waits_for_its_last_word(postgres):
    """A network that falls silent between the last row and the server's word that it was the last."""
    fill(postgres)
    columns = 4  # of crawl_attempts, the first that is loaded, which has no row
    answer_bytes, end_bytes = 8 + 2 * columns, 5  # CopyOutResponse, CopyDone
    with TcpProxy(postgres.cluster.port) as proxy:
        proxy.arm("blackhole", answer_bytes + end_bytes, b"COPY (", on="stream")
        with Following(postgres, proxy=proxy, ready=False) as following:
            eventually(lambda: not proxy.is_armed())
            assert following.state() == "loading"
            following.stop()
