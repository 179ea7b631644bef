"""meson/pages.py: what the build makes of the sources of the pages."""
import gzip
import pathlib
import re
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture
def web(tmp_path):
    """Pages with a script, a style and a picture, where what npm installed is found as in the repository."""
    web = tmp_path / "web dir"
    (web / "dashboard" / "src").mkdir(parents=True)
    (web / "node_modules").symlink_to(ROOT / "web" / "node_modules")
    shutil.copy(ROOT / "web" / "plain.html", web)
    page = '<link href="src/page.css"><link href="src/icon.svg"><script type="module" src="src/main.js"></script>'
    (web / "dashboard" / "index.html").write_text(page)
    for name, text in (("main.js", 'import { word } from "./word.js";\nconsole.log(word);\n'),
                       ("word.js", 'export const word = "one";\n'), ("page.css", "body { margin: 0 }\n"),
                       ("icon.svg", '<svg xmlns="http://www.w3.org/2000/svg"/>\n')):
        (web / "dashboard" / "src" / name).write_text(text)
    return web


def esbuild():
    return next((ROOT / "web" / "node_modules" / "@esbuild").glob("*/bin/esbuild"))


def build(web, *more):
    """The rows of the table that was written, as {path: (type, body, compressed body or None)}; and the depfile."""
    out, deps = web.parent / "out.c", web.parent / "out.d"
    subprocess.run(["/usr/bin/python3", ROOT / "meson" / "pages.py", out, deps, web, *more], check=True)
    text = out.read_text()
    arrays = {name: bytes(int(n) % 256 for n in re.findall(r"-?\d+", numbers)[:-1])
              for name, numbers in re.findall(r"const char (\w+)\[\d+\] = \{([^}]*)\}", text)}
    rows = re.findall(r'\{"([^"]+)", "([^"]+)", \{(\w+), (\d+), \{[^}]+\}\}, \{(\w+)', text)
    assert all(len(arrays[plain]) == int(length) for _, _, plain, length, _ in rows)
    return {path: (kind, arrays[plain], arrays.get(packed)) for path, kind, plain, _, packed in rows}, deps.read_text()


def test_the_page_names_what_it_loads_by_the_hash_of_its_content(web):
    before, _ = build(web, esbuild())
    assert list(before)[0] == "/"
    named = re.findall(r'"(/assets/[^"]+)"', before["/"][1].decode())
    assert [re.sub(r"-[0-9A-Z]{8}\.", ".", path) for path in named] == ["/assets/page.css", "/assets/icon.svg",
                                                                         "/assets/main.js"]
    assert {before[path][0].split(";")[0] for path in named} == {"text/css", "image/svg+xml", "text/javascript"}
    (web / "dashboard" / "src" / "word.js").write_text('export const word = "two";\n')
    after, _ = build(web, esbuild())
    changed = set(before) ^ set(after)
    assert len(changed) == 2 and all("main-" in path for path in changed)
    assert b'"one"' in before[named[2]][1] and b'"two"' in after[max(changed - set(before))][1]


def test_a_compressed_body_is_the_same_and_shorter(web):
    (web / "dashboard" / "src" / "word.js").write_text(f'export const word = "{"long " * 100}";\n')
    files, _ = build(web, esbuild())
    script = next(path for path in files if "main-" in path)
    _, plain, packed = files[script]
    assert gzip.decompress(packed) == plain and len(packed) < len(plain) / 2
    assert all(packed is None or len(packed) < len(plain) for _, plain, packed in files.values())


def test_ninja_is_told_what_went_in(web):
    _, deps = build(web, esbuild())
    for name in ("index.html", "src/main.js", "src/word.js", "src/page.css", "src/icon.svg"):
        assert str(web / "dashboard" / name).replace(" ", "\\ ") in deps


def test_without_esbuild_there_is_one_page_that_says_so(web):
    files, deps = build(web)
    assert list(files) == ["/"] and b"built without its pages" in files["/"][1]
    assert "plain.html" in deps


def test_a_fault_in_the_sources_fails_the_build(web):
    (web / "dashboard" / "src" / "word.js").write_text("export const = ;\n")
    with pytest.raises(subprocess.CalledProcessError):
        build(web, esbuild())
