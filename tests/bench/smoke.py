#!/usr/bin/env python3
"""Every part of `make bench` in small: it runs, has the figures it should have, and the peers' events equal ours. What the figures are is not judged."""
import json, os, pathlib, shutil, subprocess, sys

build = pathlib.Path(os.environ["PORTCULLIS_BUILD"])
root = pathlib.Path(__file__).resolve().parents[2]
# A row: the part, how many figures it has, what it needs on PATH or by pkg-config.
PARTS = [("transform", 10, ["g++", "taskset", "simdjson"]), ("peers", 6, ["node", "jq", "gojq", "taskset"]), ("whole", 7, ["wc", "taskset"]),
         ("https", 2, ["openssl", "taskset"]), ("replay", 1, []), ("tenants", 3, []), ("respond", 1, []), ("memory", 1, []), ("isolation", 1, [])]


def lacks(names):
    return [n for n in names if not shutil.which(n) and subprocess.run(["pkg-config", "--exists", n], stderr=subprocess.DEVNULL).returncode]


print(f"1..{len(PARTS)}")
failed = False
for number, (part, count, needs) in enumerate(PARTS, 1):
    if lacks(needs):
        print(f"ok {number} - {part} # SKIP {', '.join(lacks(needs))} not installed")
        continue
    kept = build / "bench" / f"{part}.json"
    done = subprocess.run([sys.executable, root / "tools/run-bench", build, "--size", "smoke", "--only", part, "--keep", kept],
                          capture_output=True, text=True)
    figures = json.loads(kept.read_text())["figures"] if done.returncode == 0 else []
    good = done.returncode == 0 and len(figures) == count and all(f["ratio"] > 0 for f in figures)
    failed |= not good
    print(f"{'ok' if good else 'not ok'} {number} - {part}: {len(figures)} figures of {count}", flush=True)
    if not good:
        print("\n".join("# " + line for line in (done.stdout + done.stderr).splitlines()))
sys.exit(failed)
