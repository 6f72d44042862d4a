#!/usr/bin/env python3
"""Writes the built-in scenarios as a C array: {"name", "text"}, one row a file. embed.py OUT FILE..."""
import os, sys

rows = []
for path in sys.argv[2:]:
    name = os.path.splitext(os.path.basename(path))[0]
    lines = open(path, encoding="utf-8").read().splitlines()
    text = "\n     ".join('"%s\\n"' % l.replace("\\", "\\\\").replace('"', '\\"') for l in lines)
    rows.append('    {"%s",\n     %s},\n' % (name, text))
open(sys.argv[1], "w", encoding="utf-8").write("".join(rows))
