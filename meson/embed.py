#!/usr/bin/env python3
"""Turn files into a C source and header of byte arrays (C17 has no #embed).

usage: embed.py OUT.c OUT.h ROOT FILE...

Each FILE below ROOT becomes `const char embed_<path with _ for other characters>[]`, NUL-terminated, and
`const size_t ..._len` without the NUL.
"""
import os
import re
import sys


def array(name, data):
    """A C array of the bytes and a NUL behind them."""
    numbers = [b if b < 128 else b - 256 for b in data]
    lines = (",".join(map(str, numbers[i : i + 20])) + ",\n" for i in range(0, len(numbers), 20))
    return f"const char {name}[{len(data) + 1}] = {{\n{''.join(lines)}0}};\n"


def main(out_c, out_h, root, *files):
    guard = "BADGED_EMBEDDED_" + re.sub(r"\W", "_", os.path.basename(out_h)).upper()
    with open(out_c, "w") as c, open(out_h, "w") as h:
        h.write(f"#ifndef {guard}\n#define {guard}\n#include <stddef.h>\n")
        c.write(f'#include "{os.path.basename(out_h)}"\n')
        for path in files:
            name = "embed_" + re.sub(r"\W", "_", os.path.relpath(path, root))
            with open(path, "rb") as f:
                data = f.read()
            h.write(f"extern const char {name}[{len(data) + 1}];\nextern const size_t {name}_len;\n")
            c.write(f"const size_t {name}_len = {len(data)};\n{array(name, data)}")
        h.write("#endif\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
