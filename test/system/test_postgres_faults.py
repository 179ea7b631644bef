"""Faults of the network, of the server, of its settings and of badged itself, each at each state of the feed.

All the while a writer commits and clients ask: no answer is half a transaction, or older than the one before, or seems
sure when it is not. Once the fault has ended, every tenant's counts are those of SQL within HEAL_S.

A run is named by its seed, fault and state; `script/test --seed SEED -k NAME` makes it again. By default a tenth of the
runs is made, so chosen that each fault and each state is in it.
"""
import contextlib
import os
import random
import signal
import time

import psycopg2
import pytest

from badged import eventually
from following import MOVERS, Following, Ledger, Oracle, Readers, fill, transaction
from postgres import COPY_BOTH_BYTES, FOLLOWED, PASSWORD, READER, WITH_PASSWORD, Cluster
from tcp_proxy import TcpProxy

HEAL_S = 5.0
SURE_S = 4.0  # an answer without Badged-Stale is at most so old
HOLD_S = 15.0  # for reaching a state
RUNS_DEFAULT, RUNS_LONG = 32, 320

STATES = ["connecting", "preflight", "waiting for slot", "loading", "catching up", "live", "rebuilding", "polling"]
# What badged sends when it comes into a state: from there on the network is held, so that it stays in it.
SENT = {"connecting": b"user\0", "preflight": b"senders_used", "loading": b"COPY", "catching up": b"START_REPLICATION"}


class Run:
    """badged brought to a state, with a writer and readers around it."""

    def __init__(self, cluster, seed, state):
        self.cluster, self.state, self.random = cluster, state, random.Random(seed)
        self.open = contextlib.ExitStack()
        self.database = self.open.enter_context(cluster.database(cluster.filled))
        self.proxy = self.open.enter_context(TcpProxy(cluster.port))
        self.oracle, self.blocker, self.ended = Oracle(), None, []
        self.ledger = Ledger(self.database.connect(), self.oracle)
        self.badged = self.readers = self.feed = None

    def __enter__(self):
        try:
            self.start()
            self.reach()
        except BaseException:
            self.close(RuntimeError)
            raise
        return self

    def __exit__(self, kind, error, trace):
        self.close(kind)

    def close(self, kind):
        for connection in (self.ledger.connection, self.blocker):
            if connection is not None:
                connection.close()
        try:
            self.stop_following(kind)
        finally:
            if self.cluster.process.poll() is not None:  # it failed in the middle of a fault
                self.cluster.start()
            self.open.close()

    def start(self):
        url = self.database.url(WITH_PASSWORD, port=self.proxy.port, password=PASSWORD)
        if self.state in SENT:  # it is catching up once the server's answer has come
            self.proxy.arm("blackhole", text=SENT[self.state],
                           down_bytes=COPY_BOTH_BYTES if self.state == "catching up" else 0)
        if self.state == "waiting for slot":
            self.block_slots()
        self.feed = "poll" if self.feed == "poll" or self.state == "polling" else "stream"
        config = os.path.join(os.path.dirname(__file__), "faults.yaml")
        self.badged = Following(self.database, "--feed", self.feed, "--config", config, url=url, ready=False)
        self.readers = Readers(self.badged)

    def stop_following(self, kind=None):
        if self.badged is None:
            return
        badged, self.badged = self.badged, None
        self.readers.__exit__(kind, None, None)
        self.ended.append(self.readers)
        badged.__exit__(kind, None, None)

    def reach(self):
        if self.state == "rebuilding":
            self.badged.eventually_in("live")
            self.proxy.fault("refuse")
        self.badged.eventually_in(self.state, deadline_s=HOLD_S)

    def block_slots(self):
        """An open transaction that has written: a slot is made only after it."""
        self.blocker = self.database.connect()
        self.blocker.sql("BEGIN; SELECT pg_current_xact_id()")

    def let_go(self):
        """The end of what held badged in its state."""
        if self.blocker is not None:
            with contextlib.suppress(psycopg2.Error):
                self.blocker.sql("COMMIT")
            self.blocker.close()
            self.blocker = None
        self.proxy.heal()

    def write(self, count=3):
        """Transactions, as far as the server takes them."""
        for _ in range(count):
            try:
                self.ledger.write(*transaction(self.random))
            except psycopg2.Error:
                try:
                    self.ledger.connection.sql("ROLLBACK")
                except psycopg2.Error:
                    self.ledger.connection.close()

    def reconnect(self):
        """After the writer's connection was lost: whatever became of its last commit is noted."""
        if self.ledger.connection.closed:
            self.ledger.recover(self.database.connect())

    def sessions(self):
        """Sessions of badged: those that stream first."""
        return self.database.walsenders() + [pid for pid in self.database.sessions(WITH_PASSWORD)
                                             if pid not in self.database.walsenders()]

    def check(self):
        for readers in self.ended:
            if self.feed == "poll":
                self.ledger.check_at_least(readers.answers)
            else:
                self.ledger.check(readers.answers)
            self.ledger.check_freshness(readers.answers, SURE_S)


def network(fault):
    def strike(run):
        run.proxy.fault(fault)
        yield
        run.let_go()
    return strike


def network_of_the_stream(fault):
    def strike(run):
        run.proxy.fault(fault, on="stream")
        yield
        run.let_go()
    return strike


def stop_badged(run):
    run.badged.send(signal.SIGSTOP)
    run.let_go()
    yield
    run.badged.send(signal.SIGCONT)


def kill_badged(run):
    run.badged.kill()
    run.let_go()
    yield
    run.stop_following(KeyboardInterrupt)
    run.state = "connected anew"
    run.start()


def stop_its_sessions(run):
    stopped = run.sessions()
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    run.let_go()
    yield
    for pid in stopped:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


def stop_the_server(run):
    stopped = run.cluster.processes()
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    run.proxy.heal()
    yield
    for pid in stopped:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)
    run.let_go()


def kill_a_session(run):
    """The server takes the death of one process for a crash, and starts anew."""
    pids = run.sessions()[:1]
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
        run.cluster.wait_for_the_end_of_sessions()
    run.let_go()
    yield
    run.cluster.wait_until_it_answers()


def terminate_sessions(run):
    for pid in run.sessions():
        run.cluster.sql("SELECT pg_terminate_backend(%s)", (pid,))
    run.let_go()
    yield


def drop_the_slot(run):
    for slot in run.database.slots():
        run.cluster.sql("SELECT pg_terminate_backend(active_pid, 5000) FROM pg_replication_slots WHERE slot_name = %s",
                        (slot,))
        run.cluster.sql("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = %s",
                        (slot,))
    run.let_go()
    yield


def restart(mode):
    def strike(run):
        run.cluster.restart(mode)
        run.let_go()
        yield
    return strike


def shut_down(mode):
    def strike(run):
        run.cluster.stop(mode)
        run.let_go()
        yield
        run.cluster.start()
    return strike


def statements(break_it, mend_it, ends_sessions=True):
    """A fault that SQL makes, at once or, for what is looked at when a session begins, for the next session."""
    def strike(run):
        try:
            run.database.sql(break_it)
            for pid in run.sessions() if ends_sessions else []:
                run.cluster.sql("SELECT pg_terminate_backend(%s)", (pid,))
            run.let_go()
            yield
        finally:
            run.database.sql(mend_it)
    return strike


def take_all_slots(run):
    """Others have taken all slots, so that the next is not to be had."""
    names = []
    for pid in run.sessions():
        run.cluster.sql("SELECT pg_terminate_backend(%s, 5000)", (pid,))
    try:
        with contextlib.suppress(psycopg2.Error):
            for n in range(20):
                run.database.sql(f"SELECT pg_create_physical_replication_slot('other_{n}')")
                names.append(f"other_{n}")
        run.let_go()
        yield
    finally:
        for name in names:
            run.database.sql(f"SELECT pg_drop_replication_slot('{name}')")


def the_log_cannot_be_written(run):
    """What a full disk does: a segment of WAL cannot be made, and the server goes down in a panic."""
    wal = os.path.join(run.cluster.data, "pg_wal")
    os.chmod(wal, 0o500)
    try:
        with contextlib.suppress(psycopg2.Error):
            connection = run.database.connect()
            for _ in range(200):
                connection.sql("SELECT pg_logical_emit_message(false, '', repeat('x', 1000000)), pg_switch_wal()")
        run.let_go()
        yield
    finally:
        os.chmod(wal, 0o700)
        run.cluster.stop("immediate")
        run.cluster.start()


TABLES = ", ".join(FOLLOWED)
FAULTS = {
    "reset": network("reset"), "refuse": network("refuse"), "blackhole": network("blackhole"),
    "trickle": network("trickle"), "delay": network("delay"), "half open": network("half_open"),
    "reset of the stream": network_of_the_stream("reset"),
    "blackhole of the stream": network_of_the_stream("blackhole"),
    "half open stream": network_of_the_stream("half_open"),
    "badged stopped": stop_badged, "badged killed": kill_badged,
    "sessions stopped": stop_its_sessions, "server stopped": stop_the_server, "session killed": kill_a_session,
    "sessions terminated": terminate_sessions, "slot dropped": drop_the_slot,
    "fast restart": restart("fast"), "immediate restart": restart("immediate"),
    "fast shutdown": shut_down("fast"), "immediate shutdown": shut_down("immediate"),
    "no log written": the_log_cannot_be_written, "no slot free": take_all_slots,
    "password changed": statements(f"ALTER ROLE {WITH_PASSWORD} PASSWORD 'other'",
                                   "ALTER ROLE {} PASSWORD '{}'".format(WITH_PASSWORD, PASSWORD.replace("'", "''"))),
    "may not replicate": statements(f"ALTER ROLE {WITH_PASSWORD} NOREPLICATION", f"ALTER ROLE {WITH_PASSWORD} "
                                                                                 f"REPLICATION"),
    "may not log in": statements(f"ALTER ROLE {WITH_PASSWORD} NOLOGIN", f"ALTER ROLE {WITH_PASSWORD} LOGIN"),
    "may not read": statements(f"REVOKE SELECT ON feedback FROM {WITH_PASSWORD}",
                               f"GRANT SELECT ON feedback TO {WITH_PASSWORD}", ends_sessions=False),
    "row security": statements(
        f"ALTER TABLE feedback ENABLE ROW LEVEL SECURITY; ALTER ROLE {WITH_PASSWORD} NOBYPASSRLS",
        f"ALTER TABLE feedback DISABLE ROW LEVEL SECURITY; ALTER ROLE {WITH_PASSWORD} BYPASSRLS", ends_sessions=False),
    "publication dropped": statements("DROP PUBLICATION badged", f"CREATE PUBLICATION badged FOR TABLE {TABLES}",
                                      ends_sessions=False),
}


def pytest_generate_tests(metafunc):
    if "fault" not in metafunc.fixturenames:
        return
    seed, is_long = metafunc.config.getoption("--seed"), metafunc.config.getoption("--long")
    r = random.Random(seed)
    cells = [(fault, state) for fault in FAULTS for state in STATES]
    runs = [cell for _ in range(-(-RUNS_LONG // len(cells))) for cell in r.sample(cells, len(cells))]
    if not is_long:
        faults, states = r.sample(list(FAULTS), len(FAULTS)), r.sample(STATES, len(STATES))
        runs = [(faults[n % len(faults)], states[(n + n // len(faults)) % len(states)]) for n in range(RUNS_DEFAULT)]
    runs = [(f"{seed}-{n}", fault, state) for n, (fault, state) in enumerate(runs)]
    metafunc.parametrize("run_seed, fault, state", runs, ids=[f"{s}-{f}-{t}".replace(" ", "_") for s, f, t in runs])


@pytest.fixture(scope="module")
def own_cluster():
    """A server that is stopped, killed and broken, with a database that is filled already."""
    with Cluster({"restart_after_crash": "on", "max_replication_slots": 6}) as cluster:
        filled = cluster.database()
        fill(filled)
        r = random.Random(5)
        for _ in range(100):
            filled.sql(";".join(transaction(r)))
        cluster.admin.pop(filled.name).close()
        cluster.filled = filled.name
        yield cluster


def test_counts_are_those_of_sql_after_a_fault(own_cluster, run_seed, fault, state):
    with Run(own_cluster, run_seed, state) as run:
        run.write()
        strike = FAULTS[fault](run)
        next(strike)
        until = time.monotonic() + run.random.choice([0.0, 0.3, 1.0, 3.0])
        while True:
            if fault != "server stopped":
                run.write(1)
            if time.monotonic() >= until:
                break
            time.sleep(0.02)
        next(strike, None)
        began = time.monotonic()
        run.reconnect()
        run.write(1)
        took = run.badged.eventually_equal(max(HEAL_S - (time.monotonic() - began), 1))
        print(f"equal to SQL {took:.2f} s after the fault")
        run.write(5)
        run.badged.eventually_equal()
        run.stop_following()
        run.check()
        eventually(run.database.is_left_alone, HEAL_S, "the end of all sessions and slots")


def test_a_promoted_standby_is_followed_on_its_timeline(request):
    """The address leads to a standby that was promoted; the old primary then comes back for a moment."""
    with Cluster() as primary, TcpProxy(primary.port) as proxy:
        database = primary.database()
        fill(database)
        with primary.standby() as standby:
            with Following(database, url=database.url(port=proxy.port)) as following, Readers(following) as readers:
                following.eventually_equal()
                primary.stop("immediate")
                proxy.target = "127.0.0.1", standby.port
                standby.promote()
                promoted = following.database = type(database)(standby, database.name)
                r = random.Random(9)
                for _ in range(20):
                    promoted.sql(";".join(transaction(r)))
                took = following.eventually_equal(HEAL_S)
                print(f"equal to SQL {took:.2f} s after the promotion")
                assert following.ask(MOVERS[0]).headers["Badged-As-Of"].startswith("2-")
                proxy.target = "127.0.0.1", primary.port
                primary.start()
                proxy.fault("reset")
                proxy.heal()
                following.eventually_says("timeline")
                for tenant in MOVERS:
                    answer = following.ask(tenant)
                    assert answer.headers["Badged-Stale"] is not None
                proxy.target = "127.0.0.1", standby.port
                following.eventually_equal(HEAL_S)
            assert len(readers.answers) > 10


def test_connections_to_two_servers_are_not_taken_for_one(request):
    """A name that changes hands between two connections: the first leads to the old primary, the next to the new."""
    with Cluster() as primary, TcpProxy(primary.port) as proxy:
        database = primary.database()
        fill(database)
        with primary.standby() as standby:
            eventually(lambda: standby.sql("SELECT 1 FROM feedback LIMIT 1", database=database.name))
            standby.promote()
            proxy.arm("blackhole", text=b"senders_used")  # the first connection is there, and no other yet
            with Following(database, url=database.url(port=proxy.port), ready=False) as following:
                eventually(lambda: not proxy.is_armed())
                proxy.target = "127.0.0.1", standby.port
                promoted = following.database = type(database)(standby, database.name)
                proxy.heal()
                r = random.Random(9)
                for _ in range(10):
                    promoted.sql(";".join(transaction(r)))
                following.eventually_equal(2 * HEAL_S)
                assert following.ask(MOVERS[0]).headers["Badged-As-Of"].startswith("2-")


def test_a_dead_peer_keeps_no_slot_beyond_the_senders_timeout(own_cluster):
    """badged is gone, but the network does not tell the server."""
    with own_cluster.database(own_cluster.filled) as database, TcpProxy(own_cluster.port) as proxy:
        following = Following(database, url=database.url(READER, port=proxy.port))
        proxy.fault("blackhole")
        following.kill()
        assert database.slots()
        eventually(lambda: not database.slots() and not database.walsenders(), 40, "the end of the slot")
