#!/usr/bin/env python3
"""What Defender's simulator makes of each of its tables, mapped for both versions and class sets. No row is lost; rows of tables
that have a mapping file fit it; neither checker finds an error (ours over all, check_ocsf.py over some of each table); and no
event of the class set best-fit uses anything deprecated.

    test_generated.py MAP_CORPUS CHECK_LINES DEFENDER_TWIN [EVENTS]     EVENTS: how many to make in all (default 8,000)"""
import json, os, re, subprocess, sys, tempfile

from check_ocsf import Checker, check_text
from test_coverage import case

here = os.path.dirname(os.path.abspath(__file__))
root = os.path.join(here, "..", "..")
shared = os.environ.get("PORTCULLIS_SHARED") or os.path.join(root, "..", "shared")
TARGETS = [(v, c) for v in ("1.8.0", "1.3.0") for c in ("mission", "best-fit")]
SCHEMAS = {"1.8.0": "schema.json", "1.3.0": "schema-1.3.0.json"}
SEED, SAMPLE = 20261122, 5  # events of a table and target that the second checker looks at
FITS = 0.95                 # the simulator leaves columns empty that Defender fills


def tables():
    schema = open(os.path.join(root, "src", "twin", "world", "schema.inc"), encoding="utf-8").read()
    listed = re.search(r"#define TWIN_TABLES\(X\)((?:.*\\\n)*.*\n)", schema)[1]
    return re.findall(r"X\((\w+), ", listed)


def generate(twin, table, count, folder):
    """`count` rows, in the envelope that names their table."""
    size, path = 700 * count, os.path.join(folder, table + ".ndjson")
    while True:
        made = subprocess.run([twin, "generate", "--table", table, "--bytes", str(size), "--seed", str(SEED)], stdout=subprocess.PIPE, check=True)
        rows = made.stdout.decode().splitlines()
        if len(rows) >= count:
            break
        size *= 2
    with open(path, "w", encoding="utf-8") as f:
        f.writelines(f'{{"category":"AdvancedHunting-{table}","properties":{row}}}\n' for row in rows[:count])
    return path


def map_rows(program, target, paths):
    """By table its events and their counts; what our checker finds."""
    with tempfile.TemporaryFile("w+") as err:
        lines = subprocess.run([program, *target, "-", *paths], stdout=subprocess.PIPE, stderr=err, text=True).stdout.splitlines()
        err.seek(0)
        notes = err.read().splitlines()
    by_table = {}
    for note in notes:
        if note.startswith("counts: "):
            path, *counts = note[len("counts: "):].rsplit(" ", 6)
            numbers = dict(zip(("in", "mapped", "base", "dead", "events", "errors"), map(int, counts)))
            by_table[os.path.basename(path)[:-7]] = (lines[:numbers["events"]], numbers)
            lines = lines[numbers["events"]:]
    return by_table, [n for n in notes if n.startswith("finding: ")]


def deprecated(checker, version, events):
    found = subprocess.run([checker, version], input="".join(e + "\n" for e in events), stdout=subprocess.PIPE, check=True, text=True).stdout
    for event, findings in zip(events, found.splitlines()):
        for finding in findings.split("\t"):
            if "deprecated" in finding:
                yield f"{finding} in {event[:160]}"


def judge(table, events, n, count, second):
    faults = [] if (n["in"], n["dead"], n["events"], n["errors"]) == (count, 0, count, 0) else [f"{table}: {n}"]
    is_mapped = os.path.exists(os.path.join(root, "mappings", table + ".yaml"))
    if n["mapped"] < FITS * n["in"] if is_mapped else n["mapped"]:
        reasons = {e["status_detail"] for e in map(json.loads, events) if e["class_uid"] == 0 and "status_detail" in e}
        faults.append(f"{table}: {n['mapped']} of {n['in']} mapped; {reasons}")
    for event in events[:SAMPLE] if second else ():
        faults += [f"{table}: check_ocsf.py: {f}" for f in check_text(second, event) if f[0] == "E"]
    return faults


def main():
    program, check_lines, twin = sys.argv[1:4]
    names, total = tables(), int(sys.argv[4]) if len(sys.argv) > 4 else 8000
    count = -(-total // (len(names) * len(TARGETS)))
    paths = {v: os.path.join(shared, "ocsf", f) for v, f in SCHEMAS.items()}
    second = {v: Checker(json.load(open(p, encoding="utf-8"))) if os.path.exists(p) else None for v, p in paths.items()}
    print(f"1..{len(TARGETS)}")
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        files = [generate(twin, table, count, folder) for table in names]
        for number, target in enumerate(TARGETS, 1):
            by_table, faults = map_rows(program, target, files)
            faults += [f"{table}: no counts" for table in names if table not in by_table]
            for table, (events, numbers) in by_table.items():
                faults += judge(table, events, numbers, count, second[target[0]])
            events = [e for some, _ in by_table.values() for e in some]
            if target[1] == "best-fit":
                faults += deprecated(check_lines, target[0], events)
            failed |= case(number, faults, f"{' '.join(target)}: {len(events)} events of {len(names)} tables")
    sys.exit(failed)


if __name__ == "__main__":
    main()
