"""How soon after a commit its change is in an answer, and in the output of pg_recvlogical."""
import os
import select
import statistics
import subprocess
import time

import psycopg2

from cluster import Cluster
from command import Part
from machine import Failure, Lab, say
from reader import Reader
from results import number, table, verdict
from server import tenant_id

GOAL = 1.5
COMMIT_BYTES = 28  # of pg_recvlogical's output: the end of the line before, pgoutput's COMMIT, and its own end
WAIT_S = 60
COMMIT = """\
BEGIN; CALL add_page_failure(gen_random_uuid(), '{tenant}'); COMMIT; SELECT pg_current_wal_lsn()::text"""

TEXT = """\
### From a commit to an answer

The event stream does not exist yet; the answer to a read stands in for the event that will say the same. One client
commits a row, {commits:,} times for each way of hearing of it, in turns, while badged and `pg_recvlogical` (pgoutput,
the same publication, writing to a pipe) both follow. It hears of it by reading the pipe, by asking badged over a
connection that stays open until the answer is another one{after_text}. The time begins when the
client sends its commit, as what hears of it may be as quick as the commit's own reply is; so the commit is within it.
The server does not wait for its disk (`fsync = off`), which would be most of the time on both sides.

{lines}
"""


class Pipe:
    """What pg_recvlogical prints."""

    def __init__(self, cluster):
        cluster.make_slot("bench")
        self.input, output = os.pipe()
        # Its messages go where its output does not.
        log = cluster.lab.folder / "recvlogical.messages"
        with open(log, "wb") as messages:
            self.process = subprocess.Popen([*map(str, cluster.recvlogical("-f", "-", "-s", "1", slot="bench"))],
                                            stdin=subprocess.DEVNULL, stdout=output, stderr=messages)
        os.close(output)
        self.read = b""

    def until_commit(self):
        """Read up to the end of a transaction."""
        self.read = b""
        while len(self.read) < COMMIT_BYTES or self.read[-1:] != b"\n" or self.read[-COMMIT_BYTES:][:2] != b"\nC":
            if not select.select([self.input], [], [], WAIT_S)[0]:
                raise Failure(f"pg_recvlogical has not got a commit after {WAIT_S} s")
            some = os.read(self.input, 65536)
            if not some:
                raise Failure("pg_recvlogical has ended")
            self.read += some

    def close(self):
        os.close(self.input)
        self.process.kill()  # asked to end, it would first agree on that with a server that may be gone
        self.process.wait(WAIT_S)


class Watcher:
    """The client that commits, and hears of its commits in one way or another."""

    def __init__(self, cluster, badged, pipe):
        self.tenant = tenant_id(1)
        self.statement = COMMIT.format(tenant=self.tenant)
        self.cursor = cluster.connect().cursor()
        self.reader, self.pipe = Reader(badged, self.tenant), pipe
        self.body = self.reader.ask()[1]

    def by_pipe(self, _position):
        self.pipe.until_commit()

    def by_asking(self, _position):
        self.reader.until_another(self.body, WAIT_S)

    def by_waiting(self, position):
        status, body = self.reader.ask(f"?after={position}")
        if status != 200 or body == self.body:
            raise Failure(f"?after={position} was answered {status} {body[:200]}")

    def commit(self, hear):
        """(since it was sent, since it was acknowledged): seconds until one commit was heard of."""
        started = time.perf_counter()
        self.cursor.execute(self.statement)
        position = self.cursor.fetchone()[0]
        acknowledged = time.perf_counter()
        hear(position)
        heard = time.perf_counter()
        # Both must have it before the next one.
        if hear != self.by_pipe:
            self.pipe.until_commit()
        self.body = self.reader.until_another(self.body, WAIT_S)
        return heard - started, heard - acknowledged


def milliseconds(seconds):
    return f"{seconds * 1000:.3f} ms"


def measure(plan):
    say("from a commit to an answer")
    with Lab() as lab:
        cluster = Cluster(lab, plan.tenants, plan.rows_few, {"fsync": "off"})
        badged = cluster.serve_badged()
        pipe = Pipe(cluster)
        try:
            watcher = Watcher(cluster, badged, pipe)
            ways = [("`pg_recvlogical`: its line", watcher.by_pipe),
                    ("badged: asked until the answer has it", watcher.by_asking)]
            has_after = watcher.reader.can_wait()
            if has_after:
                ways.append(("badged: asked once, with `?after=`", watcher.by_waiting))
            times = {name: [] for name, _ in ways}
            for turn in range(plan.commits + plan.commits // 10):
                for name, hear in ways:
                    found = watcher.commit(hear)
                    if turn >= plan.commits // 10:  # warm by then
                        times[name].append(found)
        except psycopg2.Error as e:
            raise Failure(f"Postgres: {e}") from None
        finally:
            pipe.close()
    theirs = statistics.median(sent for sent, _ in times[ways[0][0]])
    goals, lines = [], []
    for name, _ in ways:
        sent, acknowledged = zip(*times[name])
        ratio = statistics.median(sent) / theirs
        lines.append([name, *(milliseconds(f) for f in (statistics.median(sent), statistics.quantiles(sent, n=100)[98],
                                                        statistics.median(acknowledged),
                                                        statistics.quantiles(acknowledged, n=100)[98])),
                      number(ratio)])
        say(f"  {name}: {lines[-1][1]}, {number(ratio)} times")
        if name != ways[0][0]:
            goals.append([f"commit to answer, in place of commit to event, against `pg_recvlogical`: {name[8:]}",
                          f"{number(ratio)} times", f"≤ {GOAL} times", verdict(ratio, GOAL, is_at_most=True)])
    head = ["heard of by", "median:", "99th of a hundred:", "since the commit's reply, median:", "99th:", "times:"]
    after_text = (",\nand by asking badged once, with `?after=` and the position that the server gave after the commit"
                  if has_after else "")
    return Part(goals, TEXT.format(commits=plan.commits, after_text=after_text, lines=table(head, lines)))
