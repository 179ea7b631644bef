"""The database's own write rate with badged following and without."""
import dataclasses
import os
import re
import statistics
import time

from cluster import Cluster
from command import Part
from machine import ROOT, Failure, Lab, cpu_s, run, say
from results import number, table, verdict

GOAL = 0.95
CLIENTS = 8
SIDES = ("nobody", "badged", "pg_recvlogical")
DISKS = (("on", "its settings as they come, so that a commit waits for the disk"),
         ("off", "`fsync = off`, so that it has nothing to wait for and takes both cores"))

TEXT = """\
### The database's own writes

`pgbench` ({clients} clients) runs transactions of three statements that write, one of them to a table that badges
count, for {seconds} s at a time: while nobody follows, while badged does, and while `pg_recvlogical` does (pgoutput,
the same publication, to `/dev/null`), in {rounds} rounds. `wal_level` is `logical` all the time. All of it shares the
machine's {cores} cores, as it would not where badged has a machine of its own: what badged and its sessions in the
server (the `walsender`, and one that looks at the catalog once a second) take of them, `pgbench` and its server lack.
`pg_recvlogical` shows what it costs to decode, whoever follows.

{texts}
"""


@dataclasses.dataclass
class Turn:
    a_second: float
    follower: float  # cores that it took
    server: float    # and its sessions in the server


class Nobody:
    def pids(self):
        return []


def start(cluster, side):
    """Whoever follows, once it does."""
    if side == "nobody":
        return Nobody()
    if side == "badged":
        return cluster.serve_badged().program
    cluster.make_slot("bench")
    program = cluster.lab.start("recvlogical", cluster.recvlogical("-f", "/dev/null", "-s", "1", slot="bench"))
    program.until(lambda: cluster.value("SELECT count(*) FROM pg_stat_replication"), "it followed")
    return program


def stop(cluster, side, program):
    if side == "nobody":
        return
    cluster.lab.stop(program)
    cluster.until_nobody_follows()
    if side == "pg_recvlogical":
        cluster.drop_slot("bench")


def pgbench(cluster, plan):
    """Transactions a second."""
    values = [part for variable in cluster.variables(rows=plan.rows * 40 // 100) for part in ("-D", variable)]
    printed = run([cluster.programs / "pgbench", *cluster.where(), "-n", "-M", "prepared", "-c", CLIENTS, "-j", "1",
                   "-T", plan.seconds, *values, "-f", ROOT / "bench" / "follow_writes.sql", "postgres"],
                  timeout=plan.seconds + 120)
    found = re.search(r"^tps = ([\d.]+)", printed, re.M)
    if not found:
        raise Failure(f"pgbench: {printed[-2000:]}")
    return float(found[1])


def turn(cluster, plan, side):
    program = start(cluster, side)
    groups = program.pids(), cluster.sessions()

    def spent():
        return [sum(sum(cpu_s(pid)) for pid in group) for group in groups]

    before, started = spent(), time.monotonic()
    rate = pgbench(cluster, plan)
    seconds = time.monotonic() - started
    follower, server = ((after - b) / seconds for after, b in zip(spent(), before))
    stop(cluster, side, program)
    return Turn(rate, follower, server)


def with_disk(plan, fsync):
    """Turns of each side, round by round."""
    rounds = []
    with Lab() as lab:
        cluster = Cluster(lab, plan.tenants, plan.rows, {"fsync": fsync})
        pgbench(cluster, dataclasses.replace(plan, seconds=1))  # warm
        for n in range(plan.rounds):
            order = SIDES[n % 3:] + SIDES[:n % 3]  # each is the first at times
            found = {side: turn(cluster, plan, side) for side in order}
            rounds.append(found)
            say(f"  fsync {fsync}, {n + 1} of {plan.rounds}: " +
                ", ".join(f"{side} {found[side].a_second:,.0f}/s" for side in SIDES))
    return rounds


def measure(plan):
    say("the database's own writes")
    goals, texts = [], []
    for fsync, what in DISKS:
        rounds = with_disk(plan, fsync)
        ratios = {side: statistics.median(r[side].a_second / r["nobody"].a_second for r in rounds) for side in SIDES}
        lines = []
        for side in SIDES:
            turns = [r[side] for r in rounds]
            lines.append([f"`{side}`" if side == SIDES[2] else side,
                          *(form(statistics.median(map(of, turns))) for of, form in (
                              (lambda t: t.a_second, number), (lambda t: t.follower, "{:.1%}".format),
                              (lambda t: t.server, "{:.1%}".format))),
                          number(ratios[side])])
        head = ["who follows", "transactions a second:", "of a core, who follows:",
                "of a core, its sessions in the server:", "ratio:"]
        texts.append(f"Postgres with {what}:\n\n{table(head, lines)}")
        goals.append([f"writes (`pgbench`) with badged following, against without: fsync {fsync} "
                      f"(`pg_recvlogical`: {number(ratios[SIDES[2]])})", number(ratios["badged"]), f"≥ {GOAL}",
                      verdict(ratios["badged"], GOAL)])
    return Part(goals, TEXT.format(clients=CLIENTS, seconds=plan.seconds, rounds=plan.rounds, cores=os.cpu_count(),
                                   texts="\n".join(texts)))
