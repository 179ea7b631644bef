"""Tests written in C, as tests of pytest.

test/unit/AREA/test_NAME.c is a cmocka program. Each function that it registers is one test here. The program is run
once for each build that tells something of its own, and its results are then read:

  asan      always: AddressSanitizer, LeakSanitizer and UndefinedBehaviorSanitizer, from build/asan
  tsan      those of Meson's suite "threads": ThreadSanitizer, from build/tsan
  valgrind  those that can: use of memory that was never set, from build/valgrind
  plain     those of the suite "plain", and from nowhere else: long histories, from build/valgrind, without valgrind

Which run from where is said by variants.py.

A test `ends_well` goes with each: the program ran what it registers and nothing else, exited with 0, and no tool
reported anything.

test/fuzz/fuzz_NAME.c is a libFuzzer target of build/fuzz. It runs on from its kept corpus, test/fuzz/corpus/NAME, for
20 seconds, or an hour with --long. The corpus itself is never written to.

script/test makes the builds; nothing is built here.
"""
import collections
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "test" / "system"), str(ROOT / "test")]
from badged import SANITIZER, SANITIZER_OPTIONS  # noqa: E402
from variants import BUILT_IN, listed, suites, variants  # noqa: E402

FUZZ_S, FUZZ_LONG_S = 20, 3600
FUZZ_RUNS_MIN = 1000  # a target that ran less often than this in its time tells nothing
VALGRIND = ["valgrind", "--quiet", "--leak-check=full", "--show-leak-kinds=definite,indirect,possible",
            "--errors-for-leak-kinds=definite,indirect,possible", "--track-origins=yes", "--error-exitcode=99"]
# About how long a test takes. Only the order goes by it.
SECONDS_PYTHON, SECONDS_UNIT, SECONDS_PROPERTY = 3, 2, 20
SECONDS = {"test_commands.py": 1, "test_house.py": 1, "test_store.py": 1, "test_migrate_large.py": 40,
           "test_postgres_ddl.py": 4, "test_postgres_faults.py": 8, "test_postgres_harmless.py": 10}
OUTPUT_SHOWN = 20000  # the last characters of a program's output


def pytest_addoption(parser):
    parser.addoption("--long", action="store_true", help="fuzz each target for an hour, and make all runs of faults")
    parser.addoption("--seed", type=int, default=20261124, help="of the runs of faults")


def collect_c(path, parent):
    if path.suffix != ".c":
        return None
    if path.name.startswith("test_"):
        return UnitFile.make(parent, path)
    if path.name.startswith("fuzz_"):
        return FuzzFile.make(parent, path)
    return None


if int(pytest.__version__.split(".", 1)[0]) >= 7:
    def pytest_collect_file(file_path, parent):
        return collect_c(file_path, parent)
else:  # Ubuntu 22.04 has 6.2
    def pytest_collect_file(path, parent):
        return collect_c(pathlib.Path(path), parent)


def pytest_collection_modifyitems(items):
    """Workers take whole files. Those that take longest come first, so that at the end no worker waits for one of them;
    programs in C, which compute, are spread over the others, most of which wait."""
    took = {True: collections.Counter(), False: collections.Counter()}
    for item in items:
        took[isinstance(item, CItem)][file_of(item)] += seconds_of(item)
    begins = {}  # after which part of all files of its kind
    for files in took.values():
        before, total = 0, sum(files.values()) or 1
        for file, seconds in files.most_common():
            begins[file] = before / total
            before += seconds
    items.sort(key=lambda item: begins[file_of(item)])


def file_of(item):
    return item.nodeid.partition("::")[0]


def seconds_of(item):
    return item.seconds if isinstance(item, CItem) else SECONDS.get(file_of(item).rpartition("/")[2], SECONDS_PYTHON)


class Failure(Exception):
    """What to show for a failed test, instead of a Python traceback."""


class CFile(pytest.File):
    @classmethod
    def make(cls, parent, path):
        if int(pytest.__version__.split(".", 1)[0]) >= 7:
            return cls.from_parent(parent, path=path)
        import py  # what paths are in pytest 6
        return cls.from_parent(parent, fspath=py.path.local(str(path)))

    @property
    def source(self):
        return pathlib.Path(str(self.fspath)) if not hasattr(self, "path") else self.path


class CItem(pytest.Item):
    seconds = 0  # that it takes, about

    def repr_failure(self, excinfo):
        if isinstance(excinfo.value, Failure):
            return str(excinfo.value)
        return super().repr_failure(excinfo)

    def reportinfo(self):
        return self.parent.source, 0, self.name


def run(command, env, timeout, cwd=None):
    """Run to the end: exit code (None when the time was up) and what it wrote, both outputs in their order."""
    process = subprocess.Popen(command, env={**os.environ, **SANITIZER_OPTIONS, **env}, cwd=cwd,
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        output, _ = process.communicate(timeout=timeout)
        code = process.returncode
    except subprocess.TimeoutExpired:
        process.kill()
        output, _ = process.communicate()
        code = None
    except BaseException:
        process.kill()
        raise
    return code, output.decode("utf-8", "replace")


def how_it_ended(command, code, output, timeout):
    ending = f"did not end within {timeout} s" if code is None else f"ended with {code}"
    return f"{shlex.join(map(str, command))}\n{ending}. Its output:\n{output[-OUTPUT_SHOWN:]}"


class Unit:
    """One cmocka program in one build, run at most once."""

    def __init__(self, variant, entry):
        self.variant, self.entry, self.done = variant, entry, None
        self.timeout = max(int(entry["timeout"]), 120) * (4 if variant != "asan" else 1)
        self.seconds = SECONDS_PROPERTY if "property" in suites(entry) else SECONDS_UNIT

    def run(self):
        if self.done is None:
            self.command = (VALGRIND if self.variant == "valgrind" else []) + self.entry["cmd"]
            env = {**self.entry["env"], "CMOCKA_MESSAGE_OUTPUT": "TAP"}
            # cmocka would take the place of the handlers that print where a crash was.
            env["ASAN_OPTIONS"] = SANITIZER_OPTIONS["ASAN_OPTIONS"] + ":handle_segv=2:handle_sigbus=2:handle_sigfpe=2"
            if not pathlib.Path(self.entry["cmd"][0]).exists():
                raise Failure(f"{self.entry['cmd'][0]} was not built: run script/test")
            code, output = run(self.command, env, self.timeout, self.entry["workdir"])
            results = {}
            for is_not, name, rest in re.findall(r"^(not )?ok \d+ - (\w+)(.*)$", output, re.M):
                results[name] = not is_not and not rest.strip() and results.get(name, True)
            self.done = code, output, results
        return self.done

    def explain(self, function=None):
        """The whole output; or, for a function that the program said something of, its part of that."""
        code, output, results = self.done
        if function not in results:
            return how_it_ended(self.command, code, output, self.timeout)
        part = rf"((?:^(?!(?:not )?ok \d+ ).*\n)*)^((?:not )?ok \d+ - {function}\b.*\n(?:#.*\n)*)"
        return "\n".join("".join(found) for found in re.findall(part, output, re.M))


def meson_tests(variant, program):
    """What Meson lists for a program, by its path in the build: one entry for each set of arguments it is run with."""
    directory = ROOT / "build" / BUILT_IN.get(variant, variant)
    try:
        entries = listed(directory)
    except FileNotFoundError:
        raise pytest.UsageError(f"{directory} is not a build directory: run script/test, which makes it")
    return [entry for entry in entries if entry["cmd"][0] == str(directory / program)]


def registered_in(text):
    """The functions that a source registers, with cmocka's macros or with its own in front of them."""
    text = text.replace("\\\n", " ")
    own = re.findall(r"^\s*#\s*define\s+(\w+)\(\s*(\w+).*?\).*\bcmocka_unit_test\w*\(\s*\2\b", text, re.M)
    text = re.sub(r"^\s*#.*$", "", text, flags=re.M)
    macros = "|".join([r"cmocka_unit_test\w*"] + [macro for macro, _ in own])
    return re.findall(rf"\b(?:{macros})\(\s*(\w+)", text)


class UnitFile(CFile):
    def collect(self):
        source = self.source
        text = re.sub(r"/\*.*?\*/|//[^\n]*", "", source.read_text(), flags=re.S)
        names = registered_in(text)
        program = source.relative_to(ROOT).with_suffix("")
        entries = meson_tests("asan", program)
        if not entries:
            raise self.CollectError(f"no meson.build makes a test of {source.relative_to(ROOT)}")
        for variant in sorted({variant for entry in entries for variant in variants(entry)}):
            for entry in meson_tests(variant, program):
                if variant not in variants(entry):
                    continue
                label = variant if len(entries) == 1 else f"{variant}-{entry['name']}"
                unit = Unit(variant, entry)
                for name in names + ["ends_well"]:
                    yield UnitItem.from_parent(self, name=f"{name}[{label}]", unit=unit, tested=name, registered=names)


class UnitItem(CItem):
    def __init__(self, *, unit, tested, registered, **kw):
        super().__init__(**kw)
        self.unit, self.tested, self.registered = unit, tested, registered
        if tested == "ends_well":  # the program runs once for all of its functions
            self.seconds = unit.seconds
        self.add_marker(pytest.mark.timeout(unit.timeout + 30))

    def runtest(self):
        code, output, results = self.unit.run()
        if self.tested != "ends_well":
            if self.tested in results and not results[self.tested]:
                raise Failure(self.unit.explain(self.tested))
            if self.tested not in results:
                raise Failure("its result is missing: what the program said stands at ends_well")
            return
        unknown = set(results) ^ set(self.registered)
        if unknown and code == 0:
            raise Failure(f"registered and run differ in {sorted(unknown)}: register with cmocka_unit_test…(name), and"
                          f" skip nothing\n{self.unit.explain()}")
        if code != 0 or SANITIZER.search(output):
            raise Failure(self.unit.explain())


class FuzzFile(CFile):
    def collect(self):
        name = self.source.stem[len("fuzz_"):]
        cls = CanaryItem if name == "canary" else FuzzItem
        yield cls.from_parent(self, name=cls.title, target=name)


class FuzzItem(CItem):
    title = "finds_nothing"

    def __init__(self, *, target, **kw):
        super().__init__(**kw)
        self.target = target
        self.program = ROOT / "build" / "fuzz" / "test" / "fuzz" / f"fuzz_{target}"
        self.corpus = ROOT / "test" / "fuzz" / "corpus" / target
        self.seconds = FUZZ_LONG_S if self.config.getoption("--long") else FUZZ_S
        self.add_marker(pytest.mark.timeout(self.seconds + 120))

    def fuzz(self, *options):
        """Run the target: its exit code, its output, the inputs that it failed on, and how to run it on one."""
        if not self.program.exists():
            raise Failure(f"{self.program} was not built: run script/test")
        scratch = ROOT / "build" / "fuzz" / "runs" / self.target
        shutil.rmtree(scratch, ignore_errors=True)
        (scratch / "corpus").mkdir(parents=True)
        (scratch / "failed").mkdir()
        command = [str(self.program), f"-artifact_prefix={scratch}/failed/", "-timeout=10", "-rss_limit_mb=2048",
                   "-print_final_stats=1", *options, str(scratch / "corpus")]
        if self.corpus.is_dir():
            command.append(str(self.corpus))
        dictionary = self.corpus.with_suffix(".dict")
        if dictionary.exists():
            command.append(f"-dict={dictionary}")
        timeout = self.seconds + 60
        code, output = run(command, {}, timeout)
        return code, output, sorted((scratch / "failed").iterdir()), how_it_ended(command, code, output, timeout)

    def runtest(self):
        if not self.corpus.is_dir() or not any(self.corpus.iterdir()):
            raise Failure(f"{self.corpus.relative_to(ROOT)} holds no input: a target keeps a corpus")
        code, output, failed, explanation = self.fuzz(f"-max_total_time={self.seconds}")
        for path in failed:
            explanation += f"\n\nIt failed on {path}, {path.stat().st_size} bytes: {path.read_bytes()[:500]!r}" \
                           f"\nRun it again: {self.program.relative_to(ROOT)} {path.relative_to(ROOT)}" \
                           f"\nOnce mended, keep it: cp {path.relative_to(ROOT)} {self.corpus.relative_to(ROOT)}/"
        if code != 0 or failed:
            raise Failure(explanation)
        runs = re.search(r"^stat::number_of_executed_units:\s*(\d+)", output, re.M)
        if runs is None or int(runs[1]) < FUZZ_RUNS_MIN:
            raise Failure(f"fewer than {FUZZ_RUNS_MIN} runs in {self.seconds} s\n{explanation}")


class CanaryItem(FuzzItem):
    """A target that reads past the end of one input: the others' silence means something only while this is seen."""

    title = "its_fault_is_found"

    def runtest(self):
        code, output, failed, explanation = self.fuzz(f"-max_total_time={FUZZ_S}")
        if code in (0, None) or "heap-buffer-overflow" not in output or not failed:
            raise Failure(f"the fault was not found\n{explanation}")
        code, output = run([str(self.program), str(failed[0])], {}, FUZZ_S)
        if code in (0, None) or not SANITIZER.search(output):
            raise Failure(f"{failed[0]} does not reproduce the fault\n{output}")
