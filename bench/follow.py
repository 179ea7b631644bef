"""How badged follows Postgres, against the programs that come with it, and what that costs. script/bench runs this.

usage: script/bench follow [--quick] [--write] [PART…]

  latency   from a commit to an answer that has it, against pg_recvlogical printing the same commit
  rate      changes applied a second, against pg_recvlogical writing them to /dev/null
  load      the first load of 1,000,000 live rows, against psql copying the same rows to /dev/null
  writes    the database's own write rate (pgbench) with badged following, against without
  large     one transaction of 10,000,000 rows: memory, and the time until its rows are in the answers

All parts when none is named. --quick takes few and short turns and few rows: to see that it works, not to know. --write
puts what was measured into bench/RESULTS.md.
"""
import dataclasses
import statistics
import time

import follow_latency
import follow_rate
import follow_writes
from cluster import Cluster
from command import Command, Part, main
from machine import LOAD_CORE, ROOT, SERVER_CORE, Failure, Lab, say
from results import number, table, verdict
from server import live_rows

LOAD_GOAL, MEMORY_GOAL, SILENCE_GOAL_S = 0.7, 48, 5
LARGE_S = 1800


@dataclasses.dataclass
class Plan:
    tenants: int = 1000
    rows: int = 1_000_000
    rows_few: int = 10_000
    rows_large: int = 10_000_000
    commits: int = 2000
    changes: int = 1_000_000
    turns: int = 10  # of `changes`, each short enough for a server that hears nothing from badged meanwhile
    loads: int = 7
    rounds: int = 6
    seconds: int = 10
    limit_s: int = 7200


QUICK = Plan(rows=200_000, rows_large=500_000, commits=200, changes=60_000, turns=2, loads=2, rounds=1, seconds=2,
             limit_s=900)


# The first load

LOAD_TEXT = """\
### The first load

{rows:,} live rows of five tables, in which every row is live. badged loads them from its start to its being live:
connecting, its look at the server, making its slot, loading, and catching up with the server are within it.
`psql` copies the same columns of the same rows, table after table, to `/dev/null`. {loads} turns each. The server has
one core, with all of it in its memory, and who loads the other one.

{lines}
Pair by pair: **{ratio}** times as quick (median of {loads} pairs, from {least} to {most}).
"""


def load_once(cluster):
    """((seconds, processor time) of badged, and of psql)."""
    started = time.monotonic()
    badged = cluster.serve_badged(core=LOAD_CORE)
    ours = time.monotonic() - started, sum(badged.program.cpu_s())
    rows, wanted = live_rows(badged), cluster.rows + cluster.rows * 14 // 100
    if rows != wanted:
        raise Failure(f"badged has {rows:,} rows and should have {wanted:,}")
    cluster.lab.stop(badged.program)
    cluster.until_nobody_follows()
    spent, started = follow_rate.children_cpu_s(), time.monotonic()
    cluster.psql("-f", ROOT / "bench" / "follow_load.sql", "-o", "/dev/null", core=LOAD_CORE)
    return ours, (time.monotonic() - started, follow_rate.children_cpu_s() - spent)


def measure_load(plan):
    say(f"the first load of {plan.rows:,} live rows")
    with Lab() as lab:
        cluster = Cluster(lab, plan.tenants, plan.rows)
        cluster.program.pin(SERVER_CORE)
        load_once(cluster)  # warm
        pairs = []
        for n in range(plan.loads):
            pairs.append(load_once(cluster))
            (ours, _), (theirs, _) = pairs[-1]
            say(f"  {n + 1} of {plan.loads}: badged {ours:.2f} s, psql {theirs:.2f} s, ratio {theirs / ours:.3g}")
    ratios = [theirs[0] / ours[0] for ours, theirs in pairs]
    ratio = statistics.median(ratios)
    lines = [[name, *(form(statistics.median(pair[side][of] for pair in pairs)) for of, form in (
        (0, "{:.2f} s".format), (0, lambda s: number(plan.rows / s)), (1, "{:.2f} s".format)))]
        for side, name in enumerate(("badged", "`psql`"))]
    goals = [[f"the first load of {plan.rows:,} live rows, against `psql` copying them to `/dev/null`", number(ratio),
              f"≥ {LOAD_GOAL}", verdict(ratio, LOAD_GOAL)]]
    return Part(goals, LOAD_TEXT.format(
        rows=plan.rows, loads=plan.loads, ratio=number(ratio), least=number(min(ratios)), most=number(max(ratios)),
        lines=table(["", "time:", "rows a second:", "its processor time:"], lines)))


# One large transaction

LARGE_TEXT = """\
### One transaction of {rows:,} rows

badged follows an empty database, into which one statement inserts {rows:,} rows, all of them live. badged hears of
them from their commit on, as the server keeps them until then.

{lines}
"""


class Sender:
    """The server's walsender, and how long it has not heard from badged at most."""

    def __init__(self, cluster):
        self.cluster, self.silence_s, self.pid = cluster, 0.0, cluster.walsender()

    def look(self):
        found = self.cluster.sql("SELECT pid, extract(epoch FROM clock_timestamp() - reply_time)::float8 "
                                 "FROM pg_stat_replication")
        if [pid for pid, _ in found] != [self.pid]:
            raise Failure("badged lost its stream within the transaction, and began anew")
        self.silence_s = max(self.silence_s, found[0][1])


def measure_large(plan):
    say(f"one transaction of {plan.rows_large:,} rows")
    with Lab() as lab:
        cluster = Cluster(lab, plan.tenants, 0, {"fsync": "off"})
        badged = cluster.serve_badged()
        sender = Sender(cluster)
        before, memory_before = next(badged.ask([1]))[1], badged.program.memory_bytes()
        started = time.monotonic()
        cluster.psql("-f", ROOT / "bench" / "follow_large.sql", rows=plan.rows_large)
        committed = time.monotonic()
        say(f"  committed after {committed - started:.1f} s")

        def is_published():
            sender.look()
            return next(badged.ask([1]))[1] != before

        badged.program.until(is_published, "its rows were in the answers", LARGE_S)
        published = time.monotonic()
        say(f"  in the answers {published - committed:.1f} s later")
        memory = badged.program.memory_bytes()
        printed = badged.program.printed()
    if "rebuilding" in printed:
        raise Failure(f"badged began anew:\n{printed[-2000:]}")
    a_row = (memory[1] - memory_before[1]) / plan.rows_large
    lines = [["the statement, with its commit", f"{committed - started:.1f} s"],
             ["from the commit until the rows were in the answers", f"{published - committed:.1f} s"],
             ["… rows a second", number(plan.rows_large / (published - committed))],
             ["memory before (`VmHWM`)", f"{memory_before[1] / 2**20:.1f} MiB"],
             ["memory at most (`VmHWM`)", f"{memory[1] / 2**20:.1f} MiB"],
             ["… more than before, for each row", f"{a_row:.1f} bytes"],
             ["longest time without a word from badged to the server, meanwhile", f"{sender.silence_s:.1f} s"]]
    goals = [[f"memory at most, for each row of one transaction of {plan.rows_large:,}", f"{a_row:.1f} bytes",
              f"≤ {MEMORY_GOAL} bytes", verdict(a_row, MEMORY_GOAL, is_at_most=True)],
             ["longest time without a word to the server within it", f"{sender.silence_s:.1f} s",
              f"≤ {SILENCE_GOAL_S} s", verdict(sender.silence_s, SILENCE_GOAL_S, is_at_most=True)]]
    return Part(goals, LARGE_TEXT.format(rows=plan.rows_large, lines=table(["what", "measured:"], lines)))


# All of it

PARTS = {"latency": follow_latency.measure, "rate": follow_rate.measure, "load": measure_load,
         "writes": follow_writes.measure, "large": measure_large}

REPORT_TEXT = """\
## Following Postgres

Made by `{command}` on {day:%-d %B %Y}.
Machine: {machine}.
Postgres runs on the same machine, over a Unix socket, without autovacuum, which would come in one turn and not in the
next. Ratios are of two that do the same work in turns.

{goals}
{texts}
"""


if __name__ == "__main__":
    main(Command("follow", __doc__, Plan(), QUICK, PARTS, REPORT_TEXT))
