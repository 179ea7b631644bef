"""What the commands of script/bench have in common: their options, the parts they are asked for, and the report."""
import dataclasses
import datetime
import os
import re
import signal
import sys

from machine import LOAD_CORE, Failure, describe, say
from results import table, write

QUIET = 0.7  # load of a machine on which nothing else runs, the programs before this one not being forgotten yet


@dataclasses.dataclass
class Part:
    """What came out of one part: lines for the table of goals, and text of its own."""
    goals: list
    text: str


@dataclasses.dataclass
class Command:
    """One of script/bench: its plans, and its parts by name, each a function from the plan to a Part."""
    name: str
    usage: str
    plan: object
    quick_plan: object
    parts: dict
    report: str  # with {command}, {day}, {machine}, {plan}, {goals} and {texts}


def on_signal(kind, _frame):
    raise Failure("out of time" if kind == signal.SIGALRM else f"ended by {signal.Signals(kind).name}")


def parse(command, arguments):
    """(plan, whether to write, names of parts, what was asked for)."""
    options = [a for a in arguments if a.startswith("-")]
    names = [a for a in arguments if not a.startswith("-")]
    wrong = {*options} - {"--quick", "--write"} | {*names} - {*command.parts}
    if wrong:
        raise Failure(f"{sorted(wrong)[0]} is not known; `script/bench {command.name} --help` says what is")
    if "--write" in options and (names or "--quick" in options):
        raise Failure("--write is for all parts at their full length")
    return (command.quick_plan if "--quick" in options else command.plan, "--write" in options,
            names or [*command.parts],
            " ".join([f"script/bench {command.name}", *(o for o in options if o != "--write"), *names]))


def report(command, plan, parts, asked):
    goals = table(["what", "measured:", "goal:", ""], [line for part in parts for line in part.goals])
    text = command.report.format(command=asked, day=datetime.date.today(), machine=describe(), plan=plan, goals=goals,
                                 texts="\n".join(part.text for part in parts))
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def run_command(command, arguments):
    if {"-h", "--help"} & {*arguments}:
        print(command.usage.strip())
        return
    plan, is_written, names, asked = parse(command, arguments)
    if not LOAD_CORE:
        raise Failure("two cores are needed, one to serve and one to ask")
    if os.getloadavg()[0] > QUIET:
        say(f"something else runs on this machine (load {os.getloadavg()[0]:.1f}): the figures will not mean much")
    for kind in (signal.SIGTERM, signal.SIGHUP, signal.SIGALRM):
        signal.signal(kind, on_signal)
    signal.alarm(plan.limit_s)
    text = report(command, plan, [command.parts[name](plan) for name in names], asked)
    if is_written:
        write(command.name, text)
    print(f"\n{text}")


def main(command):
    try:
        run_command(command, sys.argv[1:])
    except Failure as e:
        sys.exit(f"bench: {e}")
    except KeyboardInterrupt:
        sys.exit(130)
