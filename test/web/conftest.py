"""Tests written in JavaScript, as tests of pytest: those of pages in a browser, and of modules without one.

test_NAME.mjs is a program of node:test. Each `test("…", …)` at the start of a line is one test here. The program is
run once, and what its reporter (lib/reporter.mjs) says is then read. A test `ends_well` goes with each: the program ran
what it registers and nothing else, and exited with 0.

script/test installs what they need (script/setup test); nothing is downloaded here. Where a distribution has no
Chromium of its own, as Ubuntu, CHROMIUM may name one; without any, tests in a browser are not among the tests there.
"""
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
TIMEOUT_S = 240
OUTPUT_SHOWN = 20000
REPORTER = pathlib.Path(__file__).parent / "lib" / "reporter.mjs"
REPORT = "@@report "  # begins each line of the reporter's
REGISTERED = re.compile(r'^test\(\s*"((?:[^"\\]|\\.)*)"', re.M)


def collect_mjs(name, parent, **where):
    if name.startswith("test_") and name.endswith(".mjs"):
        return JavaScriptFile.from_parent(parent, **where)
    return None


if int(pytest.__version__.split(".", 1)[0]) >= 7:
    def pytest_collect_file(file_path, parent):
        return collect_mjs(file_path.name, parent, path=file_path)
else:  # Ubuntu 22.04 has 6.2
    def pytest_collect_file(path, parent):
        return collect_mjs(path.basename, parent, fspath=path)


class Failure(Exception):
    """What to show for a failed test, instead of a Python traceback."""


class Program:
    """One file, run at most once."""

    def __init__(self, path):
        self.path, self.done = path, None
        self.command = ["node", f"--test-reporter={REPORTER}", "--test-reporter-destination=stdout", str(path)]

    def run(self):
        if self.done is None:
            process = subprocess.Popen(self.command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                       stderr=subprocess.STDOUT, env=os.environ)
            try:
                output, _ = process.communicate(timeout=TIMEOUT_S)
                code = process.returncode
            except subprocess.TimeoutExpired:
                process.terminate()  # what it started ends with it
                output, _ = process.communicate(timeout=30)
                code = None
            except BaseException:
                process.terminate()
                raise
            text = output.decode("utf-8", "replace")
            reports = [json.loads(line[len(REPORT):]) for line in text.splitlines() if line.startswith(REPORT)]
            rest = "\n".join(line for line in text.splitlines() if not line.startswith(REPORT))
            self.done = code, rest, {r["name"]: r["error"] for r in reports}
        return self.done


class JavaScriptFile(pytest.File):
    def collect(self):
        path = pathlib.Path(str(getattr(self, "path", self.fspath)))
        if "lib/browser.mjs" in path.read_text() and not shutil.which(os.environ.get("CHROMIUM", "chromium")):
            return
        names = [json.loads(f'"{name}"') for name in REGISTERED.findall(path.read_text())]
        program = Program(path)
        for name in [*names, "ends_well"]:
            yield JavaScriptItem.from_parent(self, name=name.replace(" ", "_"), program=program, tested=name,
                                             registered=names)


class JavaScriptItem(pytest.Item):
    def __init__(self, *, program, tested, registered, **kw):
        super().__init__(**kw)
        self.program, self.tested, self.registered = program, tested, registered
        self.add_marker(pytest.mark.timeout(TIMEOUT_S + 60))

    def runtest(self):
        code, output, results = self.program.run()
        shown = f"{shlex.join(self.program.command)}\n{output[-OUTPUT_SHOWN:]}"
        if self.tested != "ends_well":
            if self.tested not in results:
                raise Failure("its result is missing: what the program said stands at ends_well")
            if results[self.tested] is not None:
                raise Failure(f"{results[self.tested]}\n--- output of the whole file\n{shown}")
            return
        unknown = set(results) ^ set(self.registered)
        if unknown:
            raise Failure(f"registered and run differ in {sorted(unknown)}\n{shown}")
        if code != 0 and not any(results.values()):
            raise Failure(f"{f'ended with {code}' if code is not None else 'its time was up'}\n{shown}")

    def repr_failure(self, excinfo):
        return str(excinfo.value) if isinstance(excinfo.value, Failure) else super().repr_failure(excinfo)

    def reportinfo(self):
        return pathlib.Path(str(self.fspath)), 0, self.name
