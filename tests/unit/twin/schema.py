#!/usr/bin/env python3
"""The twin's schema is what tools/twin-schema makes of the reference. schema.py SOURCE_ROOT"""
import pathlib, subprocess, sys

root = pathlib.Path(sys.argv[1])
reference = root.parent / "shared" / "reference"
print("1..1")
if not (reference / "hunting-schema.tsv").exists():
    print("ok 1 # SKIP allowed: the schema reference lies outside the tree and is not here")
    sys.exit(0)
made = subprocess.run([sys.executable, root / "tools" / "twin-schema", reference], capture_output=True, text=True, check=True).stdout
same = made == (root / "src" / "twin" / "world" / "schema.inc").read_text(encoding="utf-8")
print("ok 1 schema.inc is fresh" if same else "not ok 1 schema.inc is stale: tools/twin-schema " + str(reference) + " src/twin/world/schema.inc")
