"""What a measurement runs on, and the programs that it starts.

    with Lab() as lab:
        program = lab.start("nginx", ["nginx", "-c", file], core=SERVER_CORE)

Leaving the block ends every program, the last one first, and removes the lab's folder, whether the measurement came to
its end, failed, ran out of time or was interrupted. A program also ends when the measurement itself is killed.
"""
import contextlib
import os
import pathlib
import platform
import shutil
import signal
import socket
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
EVERY_CORE = sorted(os.sched_getaffinity(0))
SERVER_CORE, LOAD_CORE = EVERY_CORE[:1], EVERY_CORE[1:2]
START_S, STOP_S = 60, 20
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


class Failure(Exception):
    """Why a measurement can not be made, in a sentence for whoever asked for it."""


def say(text):
    print(f"bench: {text}", flush=True)


def describe():
    """The machine in a few words, without its name."""
    model = "unknown processor"
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (f"{os.cpu_count()} cores ({model}, {platform.machine()}), {memory:.0f} GiB of memory, "
            f"Linux {platform.release().split('-')[0]}")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def run(argv, timeout, **options):
    """Run a program to its end and return what it printed."""
    try:
        return subprocess.run([*map(str, argv)], check=True, text=True, stdin=subprocess.DEVNULL, timeout=timeout,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True, **options).stdout
    except FileNotFoundError:
        raise Failure(f"{argv[0]} is not there: script/setup bench installs what Debian has") from None
    except subprocess.CalledProcessError as e:
        raise Failure(f"{' '.join(map(str, argv))}: exit code {e.returncode}: "
                      f"{e.stdout[-2000:]}{e.stderr[-2000:]}") from None


def pinned(core):
    """What goes before the arguments of a program that runs on these cores alone; nothing for None."""
    return ["taskset", "-c", ",".join(map(str, core))] if core else []


def cpu_s(pid):
    """(user, system): processor time of a process so far; nothing of one that has ended."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0, 0.0
    return int(fields[11]) / TICKS_A_SECOND, int(fields[12]) / TICKS_A_SECOND


class Program:
    """A program that runs until it is stopped. What it prints is in the file `log`."""

    def __init__(self, name, argv, log, options):
        self.name, self.log = name, log
        with open(log, "wb") as output:
            self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                                            start_new_session=True, **options)
        self.pid = self.process.pid

    def printed(self):
        return self.log.read_text(errors="replace")

    def until(self, condition, what, deadline_s=START_S):
        """Wait until condition() gives something, and return that."""
        end = time.monotonic() + deadline_s
        while True:
            found = condition()
            if found:
                return found
            if self.process.poll() is not None:
                raise Failure(f"{self.name} ended before {what}:\n{self.printed()[-2000:]}")
            if time.monotonic() > end:
                raise Failure(f"{self.name}: {what} took more than {deadline_s} s:\n{self.printed()[-2000:]}")
            time.sleep(0.005)

    def stop(self):
        for how, patience_s in ((signal.SIGINT, STOP_S), (signal.SIGKILL, STOP_S)):
            if self.process.poll() is None:
                self.process.send_signal(how)
                try:
                    self.process.wait(patience_s)
                except subprocess.TimeoutExpired:
                    continue
            return

    def pids(self):
        """Of the program and of what it started."""
        found = [self.pid]
        for pid in found:
            try:
                found += map(int, pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
            except OSError:
                continue
        return found

    def pin(self, cores):
        """Onto these cores, with what it started and will start."""
        for pid in self.pids():
            with contextlib.suppress(ProcessLookupError):  # one that has ended since
                os.sched_setaffinity(pid, cores)

    def cpu_s(self):
        """(user, system): processor time so far."""
        spent = [cpu_s(pid) for pid in self.pids()]
        return sum(user for user, _ in spent), sum(system for _, system in spent)

    def memory_bytes(self):
        """(resident now, resident at most so far)."""
        status = dict(line.split(":", 1) for line in pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines())
        return tuple(int(status[key].split()[0]) * 1024 for key in ("VmRSS", "VmHWM"))


class Lab:
    """A folder, and the programs that run on what is in it."""

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="badged-bench."))
        self.folder.chmod(0o711)  # Postgres does not run as root, and has a folder of its own in here
        self.programs = []
        return self

    def __exit__(self, *exception):
        # Whoever is impatient must not leave programs behind.
        for kind in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM):
            signal.signal(kind, signal.SIG_IGN)
        self.stop(*self.programs)
        shutil.rmtree(self.folder, ignore_errors=True)

    def stop(self, *programs):
        for program in reversed(programs):
            program.stop()
            self.programs.remove(program)

    def start(self, name, argv, core=None, **options):
        """Start a program, on the given core alone or on all."""
        argv = [*map(str, argv)]
        if shutil.which(argv[0]) is None:
            raise Failure(f"{argv[0]} is not there: script/setup bench installs what Debian has")
        log = self.folder / f"{name}.{len(list(self.folder.glob('*.log')))}.log"
        program = Program(name, ["setpriv", "--pdeathsig", "INT", "--", *pinned(core), *argv], log, options)
        self.programs.append(program)
        return program
