"""script/setup, on systems that are made up: what it asks apt for, and what it says where there is no apt."""
import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


class System:
    """A folder of programs that is all of PATH. Those added here write their name and arguments to a log."""

    def __init__(self, folder, without=()):
        self.bin, self.log = folder / "bin", folder / "log"
        self.bin.mkdir()
        self.log.touch()
        for directory in ("/bin", "/usr/bin"):
            for program in os.listdir(directory):
                if not program.startswith(("apt", "dpkg", "sudo", *without)) and not (self.bin / program).exists():
                    (self.bin / program).symlink_to(f"{directory}/{program}")

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
        done = subprocess.run([ROOT / "script" / "setup", *arguments], env={"PATH": str(self.bin)}, text=True,
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
