"""The rules of the house that a machine can check: who may include whom, what no file may hold, what must be there.

Each rule stands in ARCHITECTURE.md or CONTRIBUTING.md. A rule that gets in the way is changed there and here.
"""
import os
import pathlib
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
NOT_OURS = {"node_modules", "__pycache__"}

# Folder of src/ → the folders that it may include, beside itself.
INCLUDE_LAW = {
    "base": set(),
    "badge": {"base"},
    "feed": {"badge", "base"},
    "store": {"base"},
    "doctor": {"badge", "feed", "store", "base"},
    "serve": {"badge", "store", "base"},
    "config": {"badge", "base"},
    "cli": {"base", "badge", "feed", "store", "doctor", "serve", "config"},
}
# badge/ is pure: no I/O, no clock, no logging.
NOT_IN_BADGE = """base/log.h base/clock.h base/sqlite.h sqlite3.h time.h sys/time.h unistd.h fcntl.h sys/stat.h
    sys/socket.h sys/epoll.h""".split()
LINES_MAX, FUNCTION_LINES_MAX, COLUMNS_MAX = 600, 80, 120
BANNED_CALLS = """strcpy strcat stpcpy sprintf vsprintf gets scanf fscanf atoi atol atoll atof strtok alloca
    system popen tmpnam tempnam mktemp rand srand asctime ctime gmtime localtime setjmp longjmp vfork sleep usleep
    strerror""".split()


def files(*suffixes, under=""):
    """Files of the repository with one of the suffixes (all when none is given): not what Git ignores, nor a build."""
    found = []
    for folder, inner, names in os.walk(ROOT / under):
        is_top = pathlib.Path(folder) == ROOT
        inner[:] = sorted(d for d in inner if d not in NOT_OURS and (not d.startswith(".") or d == ".ci")
                          and not (is_top and d.startswith("build")))
        found += [pathlib.Path(folder) / n for n in sorted(names) if n != ".git"]  # a file in a linked worktree
    ignored = (".db", ".db-journal", ".pyc")
    return [p for p in found if not p.name.endswith(ignored) and (not suffixes or p.suffix in suffixes)]


def name(path):
    return str(path.relative_to(ROOT))


def blank(match):
    """Spaces for what was matched, so that lines and columns stay."""
    return re.sub(r"[^\n]", " ", match[0])


def code_of(path, strings=False):
    """C source with comments blanked and, unless wanted, what is inside of strings too."""
    token = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
    return token.sub(lambda m: m[0] if strings and m[0][0] == '"' else blank(m), path.read_text())


def includes(path):
    return re.findall(r'^\s*#\s*include\s+(["<])([^">]+)[">]', path.read_text(), re.M)


def lines_matching(pattern, text):
    return [(text.count("\n", 0, m.start()) + 1, m[0]) for m in re.finditer(pattern, text)]


def assert_none(faults):
    assert not faults, "\n" + "\n".join(map(str, faults))


def sources():
    return files(".c", ".h", under="src")


def c_files():
    return sources() + files(".c", ".h", under="test") + files(".c", ".h", under="bench")


# Folders


def test_folders_include_only_what_the_arrows_allow():
    faults = []
    for path in sources():
        folder = path.relative_to(ROOT / "src").parts[0]
        for kind, included in includes(path):
            if kind == "<" and not (ROOT / "src" / included).exists():
                continue
            target, _, _ = included.rpartition("/")
            build = path.parent / "meson.build"
            if not target and build.exists() and f"'{included}'" in build.read_text():
                continue  # generated at build time, for the folder that includes it
            if target != folder and target not in INCLUDE_LAW[folder]:
                faults.append(f"{name(path)} includes {included}: {folder}/ may include {sorted(INCLUDE_LAW[folder])}")
    assert_none(faults)


def test_badge_is_pure():
    assert_none([f"{name(path)} includes {included}" for path in files(".c", ".h", under="src/badge")
                 for _, included in includes(path) if included in NOT_IN_BADGE])


def test_the_folders_of_src_are_those_of_the_law():
    assert {p.name for p in (ROOT / "src").iterdir() if p.is_dir()} == set(INCLUDE_LAW)


def test_every_source_is_built():
    """A .c that no meson.build names would rot unseen."""
    faults = []
    for top in ("src", "test"):
        builds = "".join(p.read_text() for p in files(".build", under=top))
        for path in files(".c", under=top):
            stem = re.sub(r"^(test|fuzz)_", "", path.stem)
            if not re.search(rf"['/](?:{path.name}|{stem})'", builds):
                faults.append(f"no meson.build below {top}/ names {name(path)}")
    assert_none(faults)


def test_unit_tests_mirror_src():
    assert_none([f"{name(path)} mirrors no folder of src/" for path in files(".c", under="test/unit")
                 if path.parent.name not in INCLUDE_LAW or path.parent.parent != ROOT / "test" / "unit"])


def test_every_parser_has_a_fuzz_target_and_a_corpus():
    targets = {p.stem[len("fuzz_"):] for p in files(".c", under="test/fuzz")}
    assert {"predicate", "definitions", "tenant", "pgoutput", "copy_row", "pg_text", "event_stream",
            "canary"} <= targets
    assert_none([f"test/fuzz/corpus/{t} holds no input" for t in sorted(targets - {"canary"})
                 if not files(under=f"test/fuzz/corpus/{t}")])


@pytest.mark.parametrize("path", [
    "README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE", "meson.build", ".clang-format",
    ".clang-tidy", ".editorconfig", ".ci/run", "script/demo", "script/test", "script/setup", "script/bench",
    "bench/RESULTS.md", "sql/sqlite", "docs"])
def test_it_is_there(path):
    assert (ROOT / path).exists()


# C


def test_every_header_compiles_alone_and_twice():
    flags = subprocess.run(["pkg-config", "--cflags", "sqlite3", "libpq", "libcyaml", "jansson", "libcurl",
                            "libmicrohttpd", "libxxhash", "libsodium"], text=True, capture_output=True,
                           check=True).stdout.split()

    def compile_alone(path):
        included = path.relative_to(ROOT / "src")
        done = subprocess.run(["gcc", "-std=gnu17", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-fsyntax-only",
                               f"-I{ROOT / 'src'}", *flags, "-x", "c", "-"],
                              input=f'#include "{included}"\n#include "{included}"\n', text=True, capture_output=True)
        return f"{included}:\n{done.stderr}" if done.returncode != 0 else None

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        assert_none([f for f in pool.map(compile_alone, files(".h", under="src")) if f])


def test_a_header_opens_with_what_it_is_for_and_is_guarded_by_its_name():
    faults = []
    for path in files(".h", under="src"):
        text = path.read_text()
        guard = "BADGED_" + re.sub(r"\W", "_", str(path.relative_to(ROOT / "src"))).upper()
        if not text.startswith("/* "):
            faults.append(f"{name(path)} does not open with a comment")
        if f"#ifndef {guard}\n#define {guard}\n" not in text:
            faults.append(f"{name(path)} is not guarded by {guard}")
    assert_none(faults)


def test_a_source_includes_its_own_header_first():
    faults = []
    for path in files(".c", under="src"):
        own = path.with_suffix(".h")
        if own.exists() and includes(path)[0] != ('"', str(own.relative_to(ROOT / "src"))):
            faults.append(f"{name(path)} includes {includes(path)[0][1]} first")
    assert_none(faults)


# Another version lays code out in other ways and finds other things. So only 14 is asked, which Debian 12 and Ubuntu
# 22.04 have; script/setup installs it where there is one.
if shutil.which("clang-format-14"):
    def test_layout_is_that_of_clang_format():
        done = subprocess.run(["clang-format-14", "--dry-run", "-Werror", *map(str, c_files())], text=True,
                              capture_output=True, cwd=ROOT)
        assert done.returncode == 0, done.stderr[:5000]

if shutil.which("clang-tidy-14"):
    def test_clang_tidy_finds_nothing():
        def tidy(path):
            done = subprocess.run(["clang-tidy-14", "-p", "build/fuzz", "--quiet", str(path)], text=True,
                                  capture_output=True, cwd=ROOT)
            return done.stdout if done.returncode != 0 else None

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            assert_none([f for f in pool.map(tidy, files(".c", under="src")) if f])


def test_no_file_is_too_long():
    counted = files(".c", ".h", ".py", ".sql", ".js", ".mjs", ".ts", ".css", ".html")
    lengths = [(name(p), len(p.read_text().splitlines())) for p in counted if "corpus" not in p.parts]
    assert_none([f"{path} has {n} lines, more than {LINES_MAX}" for path, n in lengths if n > LINES_MAX])


def test_no_function_is_too_long():
    """A function's body stands between a { and a } in the first column, as clang-format lays it out."""
    faults = []
    for path in c_files():
        start = None
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if line == "{":
                start = number
            elif line == "}" and start is not None:
                if number - start - 1 > FUNCTION_LINES_MAX:
                    faults.append(f"{name(path)}:{start}: a function of {number - start - 1} lines")
                start = None
    assert_none(faults)


def test_no_call_is_a_banned_one():
    calls = r"(?<![\w.>])(?:" + "|".join(BANNED_CALLS) + r")\s*\("
    assert_none([f"{name(path)}:{line}: {call}" for path in sources()
                 for line, call in lines_matching(calls, code_of(path))])


def test_no_text_is_read_without_a_limit():
    assert_none([f"{name(path)}:{line}: {call}" for path in sources()
                 for line, call in lines_matching(r"scanf\s*\([^;]*%[sc\[]", code_of(path, strings=True))])


def test_no_statement_of_sql_is_pasted_in_c():
    """They live in .sql files. What opens, ends or tunes a connection's work may stand where it happens."""
    statement = r'(?<=[^"\s\\])\s*"\s*(?:SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER|DROP|WITH|REPLACE|MERGE)\s'
    assert_none([f"{name(path)}:{line}: {text}" for path in files(".c", under="src")
                 for line, text in lines_matching(statement, code_of(path, strings=True))])


def test_no_code_is_switched_off():
    commented = r"^\s*//.*[;{}]\s*$|^\s*/\*\s*[\w>.-]+(?:\(.*\)|\s*=.*);\s*\*/\s*$|#\s*if\s+0\b"
    assert_none([f"{name(path)}:{line}: {text.strip()}" for path in c_files()
                 for line, text in lines_matching(f"(?m){commented}", path.read_text())])


# Any file


def text_files():
    """What people wrote: not the corpora, the locks of package managers, or pictures."""
    for path in files():
        if "corpus" in path.parts or path.name in ("LICENSE", "package-lock.json"):
            continue
        data = path.read_bytes()
        if b"\0" not in data:
            yield path, data.decode("utf-8")


def test_no_work_is_left_as_a_note():
    notes = r"\b(?:TO" r"DO|FIX" r"ME|X" r"XX|HA" r"CK)\b"
    assert_none([f"{name(path)}:{line}: {text}" for path, whole in text_files()
                 for line, text in lines_matching(notes, whole)])


def test_no_path_of_one_machine_is_named():
    paths = r"(?<![\w.])/(?:wo" r"rk|ho" r"me|ro" r"ot|Us" r"ers)/[\w.]+"
    assert_none([f"{name(path)}:{line}: {text}" for path, whole in text_files()
                 for line, text in lines_matching(paths, whole)])


def test_lines_end_as_the_editorconfig_says():
    faults = []
    for path, whole in text_files():
        if whole and not whole.endswith("\n"):
            faults.append(f"{name(path)} ends without a newline")
        if path.suffix not in (".md", ".txt", ".html"):
            faults += [f"{name(path)}:{line}: {what!r}" for line, what in lines_matching(r"(?m)[ \t\r]+$", whole)]
            faults += [f"{name(path)}:{line}: a tab" for line, _ in lines_matching(r"(?m)^ *\t", whole)]
        if path.suffix in (".py", ".sh", "", ".build"):  # clang-format watches over C
            faults += [f"{name(path)}:{n}: {len(text)} columns" for n, text in enumerate(whole.splitlines(), 1)
                       if len(text) > COLUMNS_MAX]
    assert_none(faults)


def named_paths(path, whole):
    """(line, path) of the repository's own files and folders that a document names, as a link or as `code`."""
    folders = [p.name for p in ROOT.iterdir() if p.is_dir() and not p.name.startswith((".git", "build"))]
    tops = "|".join(map(re.escape, folders))
    for line, text in enumerate(whole.splitlines(), 1):
        for link in re.findall(r"\]\((?!https?:|mailto:|#)([^)\s#]+)", text):
            yield line, path.parent / link
        for code in re.findall(r"`([^`]+)`", text):
            for word in re.findall(rf"(?<![\w/.-])(?:\./)?((?:{tops})/[\w./*-]*)", code):
                if not re.search(r"\b(?:AREA|(?:\w+_)?NAME)\b", word):  # stand for one of many
                    yield line, ROOT / word.rstrip(".")
            if re.fullmatch(r"[\w.-]+\.(?:md|build|txt|ini)", code):
                yield line, path.parent / code if (path.parent / code).exists() else ROOT / code


def test_documents_name_only_files_that_exist():
    documents = [(p, whole) for p, whole in text_files() if p.suffix == ".md"]
    assert_none([f"{name(path)}:{line}: {os.path.relpath(named, ROOT)}" for path, whole in documents
                 for line, named in named_paths(path, whole)
                 if not any(named.parent.glob(named.name) if "*" in named.name else [named.exists()])])


def test_comments_name_only_documents_that_exist():
    documents, present = r"[\w/-]+\.(?:md|sql|py)\b", {p.name for p in files()}
    faults = []
    for path in c_files():
        for comment in re.finditer(r"/\*.*?\*/|//[^\n]*", path.read_text(), re.S):
            faults += [f"{name(path)}: {text}" for _, text in lines_matching(documents, comment[0])
                       if text.rsplit("/")[-1] not in present]
    assert_none(faults)


# Scripts and the program


def scripts():
    found = [p for p in files() if p.read_bytes()[:2] == b"#!" and b"sh" in p.read_bytes().split(b"\n", 1)[0]]
    return found + files(".sh")


def test_scripts_are_plain_sh_and_sound():
    every = list(dict.fromkeys(map(str, scripts())))
    assert str(ROOT / "script" / "test") in every
    for script in every:
        parsed = subprocess.run(["sh", "-n", script], text=True, capture_output=True)
        assert parsed.returncode == 0, parsed.stderr
    done = subprocess.run(["shellcheck", "-x", *every], cwd=ROOT, text=True, capture_output=True)
    assert done.returncode == 0, done.stdout
    assert_none([f"{s} is not executable" for s in every if not s.endswith(".sh") and not os.access(s, os.X_OK)])


def readelf(*options):
    program = ROOT / "build" / "release" / "badged"
    return subprocess.run(["readelf", "-W", *options, str(program)], text=True, capture_output=True, check=True,
                          env={**os.environ, "LC_ALL": "C"}).stdout


def test_the_released_program_is_position_independent():
    assert re.search(r"Type:\s+DYN", readelf("-h"))
    assert re.search(r"FLAGS_1\).*\bPIE\b", readelf("-d"))


def test_the_released_programs_relocations_are_read_only():
    assert "GNU_RELRO" in readelf("-l")
    assert "BIND_NOW" in readelf("-d")


def test_no_memory_of_the_released_program_is_writable_and_executable():
    segments = re.findall(r"^\s+(LOAD|GNU_STACK)\s+(?:0x\w+\s+){5}([RWE ]{3})", readelf("-l"), re.M)
    assert {"LOAD", "GNU_STACK"} == {kind for kind, _ in segments}
    assert not [s for s in segments if "W" in s[1] and "E" in s[1]]


def test_the_released_program_checks_its_stack_and_its_buffers():
    symbols = readelf("--dyn-syms")
    assert "__stack_chk_fail" in symbols
    assert re.search(r"__\w+_chk\b(?<!__stack_chk)", symbols)


def test_the_released_program_keeps_its_assertions():
    assert "__assert_fail" in readelf("--dyn-syms")


def test_warnings_are_errors_unless_somebody_says_otherwise():
    assert "'werror=true'" in (ROOT / "meson.build").read_text()
