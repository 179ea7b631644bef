#!/usr/bin/env python3
"""Turn files into a C source and header of byte arrays (C17 has no #embed).

usage: embed.py OUT.c OUT.h ROOT FILE...

Each FILE below ROOT becomes `const char embed_<path with _ for other characters>[]`, NUL-terminated, and
`const size_t ..._len` without the NUL.
"""
import os
import re
import sys

out_c, out_h, root, *files = sys.argv[1:]
guard = "BADGED_EMBEDDED_" + re.sub(r"\W", "_", os.path.basename(out_h)).upper()
with open(out_c, "w") as c, open(out_h, "w") as h:
    h.write(f"#ifndef {guard}\n#define {guard}\n#include <stddef.h>\n")
    c.write(f'#include "{os.path.basename(out_h)}"\n')
    for path in files:
        name = "embed_" + re.sub(r"\W", "_", os.path.relpath(path, root))
        with open(path, "rb") as f:
            data = f.read()
        h.write(f"extern const char {name}[{len(data) + 1}];\nextern const size_t {name}_len;\n")
        c.write(f"const size_t {name}_len = {len(data)};\nconst char {name}[{len(data) + 1}] = {{\n")
        for i in range(0, len(data), 20):
            c.write(",".join(str(b if b < 128 else b - 256) for b in data[i : i + 20]) + ",\n")
        c.write("0};\n")
    h.write("#endif\n")
