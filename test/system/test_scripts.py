"""script/setup, on systems that are made up: what it asks apt and npm for, and what it says where there is no apt; and
what script/test has built."""
import json
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


class System:
    """A folder of programs that is all of PATH. Those added here write their name and arguments to a log. The scripts
    are copies, so that what is noted of npm's work is not noted of that in the repository."""

    def __init__(self, folder, without=()):
        self.bin, self.log, self.tree = folder / "bin", folder / "log", folder / "tree"
        self.bin.mkdir()
        self.log.touch()
        shutil.copytree(ROOT / "script", self.tree / "script")
        for lock in ("web/package-lock.json", "web/node/package-lock.json"):
            (self.tree / lock).parent.mkdir(parents=True, exist_ok=True)
            (self.tree / lock).write_text("locked")
        for directory in ("/bin", "/usr/bin"):
            for program in os.listdir(directory):
                if not program.startswith(("apt", "dpkg", "sudo", *without)) and not (self.bin / program).exists():
                    (self.bin / program).symlink_to(f"{directory}/{program}")
        for program, version in (("node", "v24.1.0"), ("npm", "11.0.0")):
            if program not in without:
                self.add(program, f"echo {version}")

    def add(self, program, script="exit 0"):
        path = self.bin / program
        path.unlink(missing_ok=True)
        path.write_text(f'#!/bin/sh\necho "{program} $*" >>{self.log}\n{script}\n')
        path.chmod(0o755)

    def add_apt(self, installed=(), unknown=()):
        self.add("apt-get")
        self.add("apt-cache", "".join(f'[ "$2" != {p} ] || exit 100\n' for p in unknown))
        self.add("dpkg-query", "printf '%s=installed ' " + " ".join(installed) if installed else "exit 1")

    def setup(self, *arguments):
        done = subprocess.run([self.tree / "script" / "setup", *arguments], env={"PATH": str(self.bin)}, text=True,
                              capture_output=True, stdin=subprocess.DEVNULL)
        assert done.stdout == ""
        return done.returncode, done.stderr

    def calls(self, program):
        return [c for c in self.log.read_text().splitlines() if c.startswith(program + " ")]


BUILD = """gcc libc6-dev meson ninja-build pkg-config python3 libmicrohttpd-dev libsqlite3-dev libpq-dev
    libcurl4-openssl-dev libcyaml-dev libyaml-dev libjansson-dev libxxhash-dev libsodium-dev libsystemd-dev""".split()


def test_nothing_is_run_when_nothing_is_missing(tmp_path):
    system = System(tmp_path)
    system.add_apt(installed=BUILD)
    assert system.setup() == (0, "setup: nothing to install\n")
    assert not system.calls("apt-get")


def test_what_is_missing_is_named_and_installed_in_one_go(tmp_path):
    system = System(tmp_path)
    system.add_apt(installed=[p for p in BUILD if p not in ("meson", "libcyaml-dev")])
    system.add("id", "echo 0")
    code, said = system.setup("build")
    assert code == 0
    assert "installing 2 packages: libcyaml-dev meson\n" in said
    update, install = system.calls("apt-get")
    assert update.endswith(" update")
    assert install.endswith(" install -y --no-install-recommends libcyaml-dev meson")


def test_who_is_not_root_installs_with_sudo(tmp_path):
    system = System(tmp_path)
    system.add_apt()
    system.add("id", "echo 1000")
    system.add("sudo", 'exec "$@"')
    assert system.setup()[0] == 0
    assert [c.split()[1] for c in system.calls("sudo")] == ["apt-get", "env"]
    assert len(system.calls("apt-get")) == 2


def test_who_can_not_become_root_is_told_what_to_run(tmp_path):
    system = System(tmp_path)
    system.add_apt(installed=[p for p in BUILD if p != "meson"])
    system.add("id", "echo 1000")
    code, said = system.setup()
    assert code == 1
    assert "as root, run: apt-get install --no-install-recommends meson\n" in said
    assert not system.calls("apt-get")


def test_a_package_that_this_release_does_not_have_is_not_asked_for(tmp_path):
    system = System(tmp_path)
    system.add_apt(unknown=["libclang-rt-dev", "clang-format-14"])
    system.add("id", "echo 0")
    assert system.setup("test")[0] == 0
    install = system.calls("apt-get")[-1]
    assert "clang-tidy-14" in install and "valgrind" in install
    assert "libclang-rt-dev" not in install and "clang-format-14" not in install


def test_what_apt_says_is_shown_when_it_fails(tmp_path):
    system = System(tmp_path)
    system.add_apt()
    system.add("id", "echo 0")
    system.add("apt-get", "echo 'E: no network' >&2; exit 100")
    code, said = system.setup()
    assert code == 1
    assert "E: no network\n" in said and "failed: as_root apt-get" in said


# What comes from npm


WEB = BUILD + ["sqlite3"]
CI = "ci --ignore-scripts --no-audit --no-fund"


def test_what_the_pages_are_built_with_is_installed_once(tmp_path):
    system = System(tmp_path)
    system.add_apt(installed=WEB)
    code, said = system.setup("demo")
    assert code == 0 and "installing what the pages are built with from npm, as web/package-lock.json has it\n" in said
    assert system.calls("npm") == [f"npm --prefix web {CI} --omit=dev"]
    assert system.setup("demo") == (0, "setup: nothing to install\n")
    assert system.setup("web") == (0, "setup: nothing to install\n")
    assert len(system.calls("npm")) == 1


def test_what_changed_in_the_lock_file_is_installed(tmp_path):
    system = System(tmp_path)
    system.add_apt(installed=WEB)
    system.setup("web")
    (system.tree / "web" / "package-lock.json").write_text("locked otherwise")
    system.setup("web")
    assert len(system.calls("npm")) == 2


def test_what_tests_need_is_installed_beside_and_is_enough_for_building(tmp_path):
    system = System(tmp_path, without=["meson"])
    system.add_apt(installed=WEB)
    system.add("id", "echo 0")
    for kind in ("web", "test", "web", "test"):
        assert system.setup(kind)[0] == 0
    assert system.calls("npm") == [f"npm --prefix web {CI} --omit=dev", f"npm --prefix web {CI}"]


def test_an_old_node_gets_a_newer_one_beside_it_for_tests(tmp_path):
    system = System(tmp_path)
    system.add_apt(installed=WEB)
    system.add("id", "echo 0")
    system.add("node", "echo v22.11.0")
    brought = system.tree / "web" / "node" / "node_modules" / ".bin"
    system.add("npm", f"mkdir -p {brought}; printf '#!/bin/sh\\necho v24.0.0\\n' >{brought}/node; "
                      f"printf '#!/bin/sh\\necho its own npm \"$@\" >>{system.log}\\n' >{brought}/npm; "
                      f"chmod +x {brought}/*")
    code, said = system.setup("test")
    assert code == 0, said
    assert system.calls("npm") == [f"npm --prefix web/node {CI}"]
    assert system.calls("its own npm") == [f"its own npm --prefix web {CI}"]
    assert system.setup("web")[0] == 0 and system.setup("test")[0] == 0
    assert len(system.calls("npm")) == 1 and len(system.calls("its own npm")) == 1


def test_an_old_node_that_npm_has_no_newer_one_for_is_said(tmp_path):
    system = System(tmp_path)
    system.add_apt(installed=WEB)
    system.add("id", "echo 0")
    system.add("node", "echo v18.20.4")
    assert system.setup("web")[0] == 0
    code, said = system.setup("test")
    assert code == 1
    assert "the tests of the pages need Node 22.12 or newer, and this is v18.20.4: install one\n" in said


@pytest.mark.parametrize("version, told", [("v12.22.9", "18.20.0"), ("v8.1.0", "18.20.0"), ("v18.0.0", ""),
                                           ("v20.1.0", "")])
def test_a_node_older_than_esbuild_asks_for_builds_the_pages_too(tmp_path, version, told):
    system = System(tmp_path)
    system.add_apt(installed=WEB)
    system.add("node", f"echo {version}")
    system.add("npm", f'echo "told $npm_config_node_version" >>{system.log}')
    assert system.setup("demo")[0] == 0
    assert system.calls("told") == [f"told {told}"]


def test_node_and_npm_come_from_apt_where_there_are_none(tmp_path):
    system = System(tmp_path, without=["node", "npm"])
    system.add_apt(installed=WEB)
    system.add("id", "echo 0")
    npm = system.bin / "npm"
    system.add("apt-get", f"case $* in *' npm') printf '#!/bin/sh\\n' >{npm}; chmod +x {npm} ;; esac")
    code, said = system.setup("demo")
    assert code == 0, said
    assert system.calls("apt-get")[-1].endswith(" nodejs npm")


def test_what_npm_says_is_shown_when_it_fails(tmp_path):
    system = System(tmp_path)
    system.add_apt(installed=WEB)
    system.add("npm", "echo 'npm ERR! network' >&2; exit 1")
    code, said = system.setup("web")
    assert code == 1
    assert "npm ERR! network\n" in said and "failed: npm --prefix web" in said
    assert not (system.tree / "web" / "node_modules").exists()


# Without apt


def test_without_apt_it_goes_on_when_all_is_there(tmp_path):
    assert System(tmp_path).setup("build") == (0, "")


@pytest.mark.parametrize("missing, named", [("meson", "meson (the build system)"),
                                            ("pkg-config", "libmicrohttpd-dev (the HTTP server)")])
def test_without_apt_it_names_what_is_missing_and_what_for(tmp_path, missing, named):
    code, said = System(tmp_path, without=[missing, "pkgconf"]).setup("build")
    assert code == 1
    assert f"    {named}\n" in said


def test_another_word_is_answered_with_the_usage(tmp_path):
    code, said = System(tmp_path).setup("everything")
    assert code == 1
    assert "usage: script/setup" in said


def test_the_help_of_the_test_script_builds_nothing(tmp_path):
    done = subprocess.run([ROOT / "script" / "test", "--help"], env={"PATH": str(System(tmp_path).bin)}, text=True,
                          capture_output=True)
    assert done.returncode == 0
    assert done.stdout.startswith("Build everything that is tested") and "--long" in done.stdout


# What script/test builds


def listed(directory, *entries):
    """A build directory, as Meson leaves it: programs with the suites of their tests."""
    (directory / "meson-info").mkdir(parents=True)
    tests = [{"cmd": [str(directory / program)], "suite": [f"badged:{s}" for s in suites]}
             for program, suites in entries]
    (directory / "meson-info" / "intro-tests.json").write_text(json.dumps(tests))
    done = subprocess.run([sys.executable, ROOT / "test" / "variants.py", directory], text=True, capture_output=True,
                          check=True)
    return done.stdout.split()


@pytest.mark.parametrize("build, targets", [("tsan", ["badged", "test/b"]), ("valgrind", ["test/a", "test/d"])])
def test_of_a_build_only_what_runs_from_it_is_built(tmp_path, build, targets):
    assert targets == listed(tmp_path / build, ("test/a", ["base"]), ("test/b", ["feed", "threads"]),
                             ("test/c", ["feed", "property"]), ("test/d", ["feed", "property"]),
                             ("test/d", ["feed", "property", "plain"]))


def ninja(folder):
    """A program in the place of ninja, which says that there is work, and notes what it was asked for."""
    (folder / "ninja").write_text(f'#!/bin/sh\necho "$*" >>{folder}/log\necho work\n')
    (folder / "ninja").chmod(0o755)
    (folder / "build").mkdir()
    (folder / "build" / "build.ninja").touch()
    return folder / "log"


@pytest.mark.parametrize("call, asked", [
    ("build build 'for a test'", "-C build"),
    ("build_part build 'for a test' targets", "-C build one two"),
])
def test_a_build_is_brought_up_to_date_as_far_as_is_asked_for(tmp_path, call, asked):
    log = ninja(tmp_path)
    script = f". {ROOT}/script/lib.sh; targets() {{ echo one; echo two; }}; {call}"
    subprocess.run(["sh", "-euc", script], cwd=tmp_path, check=True, stderr=subprocess.DEVNULL,
                   env={"PATH": f"{tmp_path}:{os.environ['PATH']}"})
    assert log.read_text().splitlines()[-1] == asked
