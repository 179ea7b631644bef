#!/usr/bin/env python3
"""Bundle the pages, and write them as the C source that src/serve/page.h declares.

usage: pages.py OUT.c OUT.d WEB [ESBUILD]

What WEB/dashboard/index.html names as `src="src/…"` or `href="src/…"` is bundled by esbuild, and gets the hash of its
content into its name; the page is made to name that. OUT.d lists what went in, for Ninja. Without ESBUILD it is
WEB/plain.html alone. Every file is embedded as it is and, where that is shorter, compressed with gzip.
"""
import gzip
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True  # a build writes nothing beside the sources
from embed import array  # noqa: E402

TYPES = {".css": "text/css; charset=utf-8", ".html": "text/html; charset=utf-8", ".ico": "image/x-icon",
         ".js": "text/javascript; charset=utf-8", ".png": "image/png", ".svg": "image/svg+xml", ".woff2": "font/woff2"}
PATH_BYTES_MAX = 120  # below TARGET_PATH_BYTES_MAX of src/serve/target.h
NAMED = re.compile(r'\b(src|href)="(src/[^"]+)"')


def bundle(esbuild, dashboard):
    """What the pages consist of, as (path, bytes); and the files that it was made of."""
    page = (dashboard / "index.html").read_text()
    entries = [entry for _, entry in NAMED.findall(page)]
    with tempfile.TemporaryDirectory() as out:
        subprocess.run(
            [esbuild, *entries, "--bundle", "--format=esm", "--splitting", "--minify", "--target=es2022",
             "--legal-comments=eof", "--log-level=warning", "--loader:.svg=copy", "--loader:.png=copy",
             "--loader:.ico=copy", "--loader:.woff2=copy", "--entry-names=[name]-[hash]", "--chunk-names=[name]-[hash]",
             "--asset-names=[name]-[hash]", "--public-path=/assets", f"--outdir={out}", f"--metafile={out}/meta.json"],
            cwd=dashboard, check=True)
        made = json.loads(pathlib.Path(out, "meta.json").read_text())
        # Paths of the metafile are relative to where esbuild ran.
        files = [(pathlib.Path(name).name, (dashboard / name).read_bytes()) for name in made["outputs"]]
    names = {about["entryPoint"]: pathlib.Path(name).name for name, about in made["outputs"].items()
             if "entryPoint" in about}
    page = NAMED.sub(lambda m: f'{m[1]}="/assets/{names[m[2]]}"', page)
    inputs = [dashboard / name for name in made["inputs"]] + [dashboard / "index.html", pathlib.Path(esbuild)]
    return [("/", page.encode())] + [(f"/assets/{name}", data) for name, data in sorted(files)], inputs


def body(name, data):
    """The array of a body, and the initializer that names it."""
    tag = hashlib.sha256(data).hexdigest()[:32]
    return "static " + array(name, data), f'{{{name}, {len(data)}, {{"\\"{tag}\\""}}}}'


def source(files):
    arrays, rows = [], []
    for number, (path, data) in enumerate(files):
        assert len(path) < PATH_BYTES_MAX, path
        kind = TYPES[".html" if path == "/" else os.path.splitext(path)[1]]
        packed = gzip.compress(data, 9, mtime=0)
        plain, plain_row = body(f"plain_{number}", data)
        arrays.append(plain)
        packed_row = "{0}"
        if len(packed) < len(data):
            array_of_packed, packed_row = body(f"packed_{number}", packed)
            arrays.append(array_of_packed)
        rows.append(f'    {{"{path}", "{kind}", {plain_row}, {packed_row}}},\n')
    return (f'#include "serve/page.h"\n{"".join(arrays)}const struct page_file page_files[] = {{\n{"".join(rows)}}};\n'
            f"const size_t page_files_count = {len(rows)};\n")


def main(out_c, out_d, web, esbuild=None):
    web = pathlib.Path(web).resolve()
    if esbuild is None:
        files, inputs = [("/", (web / "plain.html").read_bytes())], [web / "plain.html"]
    else:
        files, inputs = bundle(os.path.abspath(esbuild), web / "dashboard")
    pathlib.Path(out_c).write_text(source(files))
    named = sorted({os.path.normpath(p).replace(" ", "\\ ") for p in inputs})
    pathlib.Path(out_d).write_text(f"{out_c}: {' '.join(named)}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
